// An operator as controller-runtime's documentation builds them: a typed custom kind, a pod that it owns, status, and a finalizer.
package main

import (
	"context"
	"os"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller/controllerutil"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/log/zap"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const finalizer = "clients.example.com/farewell"

type reconciler struct {
	client.Client
	scheme *runtime.Scheme
}

func (r *reconciler) Reconcile(ctx context.Context, request ctrl.Request) (ctrl.Result, error) {
	var greeter Greeter
	if err := r.Get(ctx, request.NamespacedName, &greeter); err != nil {
		return ctrl.Result{}, client.IgnoreNotFound(err)
	}
	if !greeter.DeletionTimestamp.IsZero() {
		if controllerutil.RemoveFinalizer(&greeter, finalizer) {
			log.FromContext(ctx).Info("farewell")
			return ctrl.Result{}, r.Update(ctx, &greeter)
		}
		return ctrl.Result{}, nil
	}
	if controllerutil.AddFinalizer(&greeter, finalizer) {
		if err := r.Update(ctx, &greeter); err != nil {
			return ctrl.Result{}, err
		}
	}
	pod, err := r.ownedPod(ctx, &greeter)
	if err != nil {
		return ctrl.Result{}, err
	}
	if greeter.Status.Phase == pod.Status.Phase {
		return ctrl.Result{}, nil
	}
	greeter.Status.Phase = pod.Status.Phase
	return ctrl.Result{}, r.Status().Update(ctx, &greeter)
}

// ownedPod answers the pod of this greeter, made where there is none.
func (r *reconciler) ownedPod(ctx context.Context, greeter *Greeter) (*corev1.Pod, error) {
	pod := &corev1.Pod{}
	err := r.Get(ctx, client.ObjectKeyFromObject(greeter), pod)
	if !apierrors.IsNotFound(err) {
		return pod, err
	}
	grace := int64(0)
	pod = &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: greeter.Namespace, Name: greeter.Name},
		Spec: corev1.PodSpec{
			TerminationGracePeriodSeconds: &grace,
			Containers: []corev1.Container{{
				Name:            "greeter",
				Image:           "busybox",
				ImagePullPolicy: corev1.PullIfNotPresent,
				Command:         []string{"sh", "-c", "echo $GREETING; exec sleep 3600"},
				Env:             []corev1.EnvVar{{Name: "GREETING", Value: greeter.Spec.Text}},
			}},
		},
	}
	if err := ctrl.SetControllerReference(greeter, pod, r.scheme); err != nil {
		return nil, err
	}
	return pod, r.Create(ctx, pod)
}

func run() error {
	ctrl.SetLogger(zap.New())
	scheme := runtime.NewScheme()
	if err := clientgoscheme.AddToScheme(scheme); err != nil {
		return err
	}
	if err := AddToScheme(scheme); err != nil {
		return err
	}
	manager, err := ctrl.NewManager(ctrl.GetConfigOrDie(), ctrl.Options{
		Scheme:                  scheme,
		Metrics:                 metricsserver.Options{BindAddress: "0"},
		LeaderElection:          true,
		LeaderElectionID:        "greeter.clients.example.com",
		LeaderElectionNamespace: "default",
	})
	if err != nil {
		return err
	}
	err = ctrl.NewControllerManagedBy(manager).
		For(&Greeter{}).
		Owns(&corev1.Pod{}).
		Complete(&reconciler{Client: manager.GetClient(), scheme: scheme})
	if err != nil {
		return err
	}
	return manager.Start(ctrl.SetupSignalHandler())
}

func main() {
	if err := run(); err != nil {
		ctrl.Log.Error(err, "the operator ended")
		os.Exit(1)
	}
}
