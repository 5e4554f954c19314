# A Spark session whose executors are pods with claims of their own: a job over both, and a stop that leaves nothing.
import os

from pyspark.sql import SparkSession

claim = "spark.kubernetes.executor.volumes.persistentVolumeClaim.spark-local-dir-1"
settings = {
    "spark.master": f"k8s://{os.environ['API']}",
    "spark.app.name": "clients",
    "spark.driver.host": os.environ["DRIVER_HOST"],
    "spark.driver.bindAddress": "0.0.0.0",
    "spark.ui.enabled": "false",
    "spark.executor.instances": "2",
    "spark.executor.memory": "512m",
    "spark.kubernetes.executor.request.cores": "500m",
    "spark.kubernetes.container.image": os.environ["IMAGE"],
    "spark.kubernetes.executor.podNamePrefix": "clients",
    f"{claim}.options.claimName": "OnDemand",
    f"{claim}.options.storageClass": "standard",
    f"{claim}.options.sizeLimit": "1Gi",
    f"{claim}.mount.path": "/data",
    f"{claim}.mount.readOnly": "false",
}

if __name__ == "__main__":
    builder = SparkSession.builder
    for name, value in settings.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    squares = spark.range(100).repartition(4).selectExpr("sum(id * id) AS sum")
    print("sum of squares:", squares.first()["sum"])
    spark.stop()
    print("stopped")
