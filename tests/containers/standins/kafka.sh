#!/bin/bash
# Stand-in for the start of the official Kafka image: Kafka's own wrapper turns KAFKA_… into properties and formats the
# storage; that it is formatted already is no failure.
set -euo pipefail

java=(java -XX:TieredStopAtLevel=1 -XX:+UseSerialGC -Xmx512m -cp "/opt/kafka/libs/*")
export CLUSTER_ID="${CLUSTER_ID:-5L6g3nShT-eMCtK--X86sw}"
made="$("${java[@]}" kafka.docker.KafkaDockerWrapper setup --default-configs-dir /etc/kafka/docker \
  --mounted-configs-dir /mnt/shared/config --final-configs-dir /opt/kafka/config 2>&1)" ||
  grep -i "already formatted" <<< "$made" || { echo "$made"; exit 1; }
exec "${java[@]}" -Dlog4j2.configurationFile=/opt/kafka/config/log4j2.yaml kafka.Kafka /opt/kafka/config/server.properties
