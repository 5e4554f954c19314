#!/bin/sh
# What the pods of executors are started with: their settings are in variables that Spark names.
shift
set --
n=0
while value=$(printenv "SPARK_JAVA_OPT_$n"); do set -- "$@" "$value"; n=$((n + 1)); done
exec java "$@" "-Xmx$SPARK_EXECUTOR_MEMORY" -cp "$SPARK_CLASSPATH:/opt/spark/jars/*" \
  org.apache.spark.scheduler.cluster.k8s.KubernetesExecutorBackend \
  --driver-url "$SPARK_DRIVER_URL" --executor-id "$SPARK_EXECUTOR_ID" --cores "$SPARK_EXECUTOR_CORES" \
  --app-id "$SPARK_APPLICATION_ID" --hostname "$SPARK_EXECUTOR_POD_IP" --resourceProfileId "$SPARK_RESOURCE_PROFILE_ID" \
  --podName "$SPARK_EXECUTOR_POD_NAME"
