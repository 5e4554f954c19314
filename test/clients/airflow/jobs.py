# A DAG with Airflow's operators for Jobs and pods: a Job that is waited for and read, one that is patched and deleted, a pod.
import os
from datetime import datetime

from airflow.providers.cncf.kubernetes.operators.job import (
    KubernetesDeleteJobOperator,
    KubernetesJobOperator,
    KubernetesPatchJobOperator,
)
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.sdk import DAG

PLACE = {
    "namespace": "default",
    "config_file": os.environ["KUBECONFIG"],
    "in_cluster": False,
}
WORK = {
    **PLACE,
    "image": "busybox",
    "image_pull_policy": "IfNotPresent",
    "cmds": ["sh", "-c"],
}

with DAG("clients", schedule=None, start_date=datetime(2026, 1, 1)) as dag:
    finished = KubernetesJobOperator(
        task_id="finished",
        name="finished",
        arguments=["echo from a job; sleep 2"],
        wait_until_job_complete=True,
        job_poll_interval=1,
        get_logs=True,
        completions=2,
        parallelism=2,
        **WORK,
    )
    started = KubernetesJobOperator(
        task_id="started", name="started", arguments=["sleep 3600"], **WORK
    )
    patched = KubernetesPatchJobOperator(
        task_id="patched",
        name=started.output["job_name"],
        body={"spec": {"suspend": True}},
        **PLACE,
    )
    deleted = KubernetesDeleteJobOperator(
        task_id="deleted", name=started.output["job_name"], **PLACE
    )
    pod = KubernetesPodOperator(
        task_id="pod",
        name="pod",
        arguments=["echo from a pod"],
        on_finish_action="delete_pod",
        **WORK,
    )
    finished >> started >> patched >> deleted >> pod
