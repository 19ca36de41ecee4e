// Command promql reads PromQL expressions, one a line, and writes for each the series that it looks at, as a JSON list: name of the metric and the
// labels that it is chosen by. An expression that Prometheus would not take ends it with an error.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql/parser"
)

type series struct {
	Metric string   `json:"metric"`
	Labels []string `json:"labels"`
}

func main() {
	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		expr, err := parser.ParseExpr(in.Text())
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", in.Text(), err)
			os.Exit(1)
		}
		var all []series
		for _, matchers := range parser.ExtractSelectors(expr) {
			var s series
			for _, m := range matchers {
				if m.Name == labels.MetricName {
					s.Metric = m.Value
				} else {
					s.Labels = append(s.Labels, m.Name)
				}
			}
			all = append(all, s)
		}
		text, err := json.Marshal(all)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		fmt.Println(string(text))
	}
}
