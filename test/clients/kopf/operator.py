# An operator as kopf's documentation builds them: handlers of a custom kind that make, change and adopt a pod; a timer; events.
import kopf
import kubernetes

KIND = ("clients.example.com", "v1", "greeters")


@kopf.on.startup()
def configure(**_):
    kubernetes.config.load_kube_config()


@kopf.on.create(*KIND)
def create(body, spec, name, namespace, **_):
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name},
        "spec": {
            "terminationGracePeriodSeconds": 0,
            "containers": [
                {
                    "name": "greeter",
                    "image": "busybox",
                    "imagePullPolicy": "IfNotPresent",
                    "command": ["sh", "-c", "exec sleep 3600"],
                }
            ],
        },
    }
    kopf.adopt(pod)
    kopf.label(pod, {"text": spec["text"]})
    kubernetes.client.CoreV1Api().create_namespaced_pod(namespace, pod)
    kopf.info(body, reason="Greets", message=f"pod {name} greets")
    return {"pod": name}


@kopf.on.update(*KIND, field="spec.text")
def update(new, name, namespace, **_):
    patch = {"metadata": {"labels": {"text": new}}}
    kubernetes.client.CoreV1Api().patch_namespaced_pod(name, namespace, patch)
    return {"text": new}


@kopf.timer(*KIND, interval=1)
def tick(patch, status, **_):
    patch.status["ticks"] = status.get("ticks", 0) + 1


@kopf.on.event("pods", labels={"text": kopf.PRESENT})
def pod_event(status, name, logger, **_):
    logger.info(f"pod {name} is {status.get('phase')}")


@kopf.on.delete(*KIND)
def delete(name, logger, **_):
    logger.info(f"farewell {name}")
