// The custom kind, with the copies that controller-gen writes for others.
package main

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

var groupVersion = schema.GroupVersion{Group: "clients.example.com", Version: "v1"}

// Greeter is an object whose pod says a text.
type Greeter struct {
	metav1.TypeMeta   `json:",inline"`
	metav1.ObjectMeta `json:"metadata,omitempty"`
	Spec              GreeterSpec   `json:"spec"`
	Status            GreeterStatus `json:"status,omitempty"`
}

// GreeterSpec is what a user writes.
type GreeterSpec struct {
	Text string `json:"text"`
}

// GreeterStatus is what the operator writes.
type GreeterStatus struct {
	Phase corev1.PodPhase `json:"phase,omitempty"`
}

// GreeterList is a list of them.
type GreeterList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata,omitempty"`
	Items           []Greeter `json:"items"`
}

// DeepCopyObject copies all of it.
func (g *Greeter) DeepCopyObject() runtime.Object {
	copied := *g
	g.ObjectMeta.DeepCopyInto(&copied.ObjectMeta)
	return &copied
}

// DeepCopyObject copies all of it.
func (l *GreeterList) DeepCopyObject() runtime.Object {
	copied := *l
	l.ListMeta.DeepCopyInto(&copied.ListMeta)
	copied.Items = make([]Greeter, len(l.Items))
	for i := range l.Items {
		copied.Items[i] = *l.Items[i].DeepCopyObject().(*Greeter)
	}
	return &copied
}

// AddToScheme makes the kind known.
func AddToScheme(scheme *runtime.Scheme) error {
	scheme.AddKnownTypes(groupVersion, &Greeter{}, &GreeterList{})
	metav1.AddToGroupVersion(scheme, groupVersion)
	return nil
}
