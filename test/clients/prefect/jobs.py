# Prefect's job block in the flow that its documentation shows: a Job that succeeds, whose logs come back, and one that fails.
import json
import os

from prefect_kubernetes.credentials import KubernetesClusterConfig, KubernetesCredentials
from prefect_kubernetes.flows import run_namespaced_job
from prefect_kubernetes.jobs import KubernetesJob

credentials = KubernetesCredentials(
    cluster_config=KubernetesClusterConfig.from_file(os.environ["KUBECONFIG"])
)


def job(name, script):
    manifest = {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": name},
        "spec": {
            "backoffLimit": 0,
            "template": {
                "spec": {
                    "restartPolicy": "Never",
                    "containers": [
                        {
                            "name": "main",
                            "image": "busybox",
                            "imagePullPolicy": "IfNotPresent",
                            "command": ["sh", "-c", script],
                        }
                    ],
                }
            },
        },
    }
    return KubernetesJob(credentials=credentials, v1_job=manifest, interval_seconds=1)


if __name__ == "__main__":
    print("logs:", json.dumps(run_namespaced_job(job("succeeds", "echo from a job; sleep 2"))))
    try:
        run_namespaced_job(job("fails", "exit 3"))
    except RuntimeError as error:
        print("refused:", error)
