package sentryexporter

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-sentry/otelcol-sentry/internal/glob"
)

func TestRouter(t *testing.T) {
	checkout, search, shared, byDefault := &project{name: "checkout"}, &project{name: "search"}, &project{name: "shared"}, &project{name: "default"}
	r := &router{byDefault: byDefault, routes: []route{
		{project: checkout, match: []attributeGlob{{"k8s.namespace.name", "shop-*"}, {"service.name", "checkout"}}},
		{project: search, match: []attributeGlob{{"service.name", "search?"}}},
		{project: shared, choosers: []glob.Pattern{"team-*"}},
	}}
	for name, tt := range map[string]struct {
		attrs map[string]any
		want  *project
	}{
		"nothing":                       {nil, byDefault},
		"all attributes match":          {map[string]any{"k8s.namespace.name": "shop-eu", "service.name": "checkout"}, checkout},
		"one attribute missing":         {map[string]any{"service.name": "checkout"}, byDefault},
		"one attribute other":           {map[string]any{"k8s.namespace.name": "bank", "service.name": "checkout"}, byDefault},
		"the whole text must match":     {map[string]any{"k8s.namespace.name": "my-shop-eu", "service.name": "checkout"}, byDefault},
		"question mark":                 {map[string]any{"service.name": "search1"}, search},
		"question mark is one":          {map[string]any{"service.name": "search12"}, byDefault},
		"a dot is a dot":                {map[string]any{"k8s.namespace.name": "shopXeu", "service.name": "checkout"}, byDefault},
		"a project without a rule":      {map[string]any{"service.name": "shared"}, byDefault},
		"annotation, allowed":           {map[string]any{projectAttribute: "shared", "k8s.namespace.name": "team-a"}, shared},
		"annotation before the rules":   {map[string]any{projectAttribute: "shared", "k8s.namespace.name": "team-a", "service.name": "search1"}, shared},
		"annotation, not allowed":       {map[string]any{projectAttribute: "shared", "k8s.namespace.name": "shop-eu"}, byDefault},
		"annotation without namespace":  {map[string]any{projectAttribute: "shared"}, byDefault},
		"annotation of another project": {map[string]any{projectAttribute: "checkout", "k8s.namespace.name": "team-a"}, byDefault},
		"annotation of no project":      {map[string]any{projectAttribute: "https://key@evil.example.com/1", "k8s.namespace.name": "team-a"}, byDefault},
	} {
		t.Run(name, func(t *testing.T) {
			res := pcommon.NewResource()
			assert.NoError(t, res.Attributes().FromRaw(tt.attrs))
			assert.Same(t, tt.want, r.of(res))
		})
	}
}
