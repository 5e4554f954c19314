# A hub on this machine whose users' servers are pods, each with a claim for its home.
import os

c = get_config()  # noqa: F821

c.JupyterHub.bind_url = os.environ["HUB_URL"]
c.JupyterHub.hub_bind_url = f"http://0.0.0.0:{os.environ['HUB_PORT']}"
c.JupyterHub.hub_connect_url = f"http://{os.environ['HUB_HOST']}:{os.environ['HUB_PORT']}"
c.ConfigurableHTTPProxy.command = os.environ["PROXY"].split()
c.ConfigurableHTTPProxy.api_url = f"http://127.0.0.1:{os.environ['PROXY_PORT']}"
c.ConfigurableHTTPProxy.auth_token = "proxy"
c.JupyterHub.authenticator_class = "dummy"
c.Authenticator.allow_all = True
c.JupyterHub.services = [{"name": "client", "api_token": os.environ["HUB_TOKEN"]}]
c.JupyterHub.load_roles = [
    {
        "name": "client",
        "services": ["client"],
        "scopes": ["admin:users", "admin:servers", "access:servers"],
    }
]
c.JupyterHub.spawner_class = "kubespawner.KubeSpawner"
c.KubeSpawner.namespace = "default"
c.KubeSpawner.image = os.environ["IMAGE"]
c.KubeSpawner.image_pull_policy = "IfNotPresent"
c.KubeSpawner.cmd = ["python3", "-m", "jupyterhub.singleuser"]
c.KubeSpawner.environment = {"HOME": "/home/user"}
c.KubeSpawner.notebook_dir = "/home/user"
c.KubeSpawner.fs_gid = 1000
c.KubeSpawner.uid = 1000
c.KubeSpawner.start_timeout = 240
c.KubeSpawner.http_timeout = 240
c.KubeSpawner.storage_pvc_ensure = True
c.KubeSpawner.storage_capacity = "100Mi"
c.KubeSpawner.storage_access_modes = ["ReadWriteOnce"]
c.KubeSpawner.volumes = [
    {"name": "home", "persistentVolumeClaim": {"claimName": "{pvc_name}"}}
]
c.KubeSpawner.volume_mounts = [{"name": "home", "mountPath": "/home/user"}]
