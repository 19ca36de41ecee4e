package k8srights

import (
	"context"
	"fmt"
	"net/http"

	authentication "k8s.io/api/authentication/v1"
	authorization "k8s.io/api/authorization/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	authenticationclient "k8s.io/client-go/kubernetes/typed/authentication/v1"
	authorizationclient "k8s.io/client-go/kubernetes/typed/authorization/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
)

// reviewer asks the API server about this account.
type reviewer struct {
	address string
	client  *http.Client
	access  authorizationclient.SelfSubjectAccessReviewInterface
	self    authenticationclient.SelfSubjectReviewInterface
}

func newReviewer(authType string) (*reviewer, error) {
	config, err := clientConfig(authType)
	if err != nil {
		return nil, fmt.Errorf("no way to the Kubernetes API (auth_type %s): %w", authType, err)
	}
	config.ContentType = runtime.ContentTypeJSON
	client, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	access, err := authorizationclient.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, err
	}
	self, err := authenticationclient.NewForConfigAndClient(config, client)
	if err != nil {
		return nil, err
	}
	return &reviewer{config.Host, client, access.SelfSubjectAccessReviews(), self.SelfSubjectReviews()}, nil
}

func (r *reviewer) close() { r.client.CloseIdleConnections() }

func clientConfig(authType string) (*rest.Config, error) {
	if authType == authServiceAccount {
		return rest.InClusterConfig()
	}
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(
		clientcmd.NewDefaultClientConfigLoadingRules(), &clientcmd.ConfigOverrides{}).ClientConfig()
}

// missing are the rights that the account does not have. The error says that the API server gave no word.
func (r *reviewer) missing(ctx context.Context, rights []right) ([]right, error) {
	var out []right
	for _, want := range rights {
		review, err := r.access.Create(ctx, &authorization.SelfSubjectAccessReview{Spec: authorization.SelfSubjectAccessReviewSpec{
			ResourceAttributes: &authorization.ResourceAttributes{
				Verb: want.verb, Group: want.group, Resource: want.resource, Namespace: want.namespace,
			},
		}}, meta.CreateOptions{})
		if err != nil {
			return nil, fmt.Errorf("the API server at %s does not say what this account may do: %w", r.address, err)
		}
		if !review.Status.Allowed {
			out = append(out, want)
		}
	}
	return out, nil
}

// who names the account; a server that does not say leaves it unnamed.
func (r *reviewer) who(ctx context.Context) string {
	review, err := r.self.Create(ctx, &authentication.SelfSubjectReview{}, meta.CreateOptions{})
	if err != nil || review.Status.UserInfo.Username == "" {
		return "this account"
	}
	return review.Status.UserInfo.Username
}
