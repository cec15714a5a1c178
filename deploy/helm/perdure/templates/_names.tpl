{{- define "perdure.labels" -}}
app.kubernetes.io/name: perdure
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "perdure.image" -}}
{{- $digest := index .root.Values.image.digests .kind -}}
{{ .root.Values.image.registry }}/perdure-{{ .kind }}{{ if $digest }}@{{ $digest }}{{ else }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}{{ end }}
{{- end }}

{{/* Of workers of tools; empty where every worker makes calls itself. */}}
{{- define "perdure.toolQueue" -}}
{{- $queues := list -}}
{{- range .Values.workers }}{{ if eq (.role | default "runs") "tools" }}{{ $queues = append $queues .taskQueue }}{{ end }}{{ end -}}
{{- if gt (len (uniq $queues)) 1 }}{{ fail "workers: those whose role is tools must have the same taskQueue" }}{{ end -}}
{{- first $queues | default "" -}}
{{- end }}

{{/* Where APIs send new runs: what the settings say, or where the one pool of workers is. */}}
{{- define "perdure.runQueue" -}}
{{- $queues := list -}}
{{- range .Values.workers }}{{ if ne (.role | default "runs") "tools" }}{{ $queues = append $queues .taskQueue }}{{ end }}{{ end -}}
{{- $queues = uniq $queues -}}
{{- $told := .Values.settings.PERDURE_TASK_QUEUE -}}
{{- if and $told (not (has $told $queues)) }}{{ fail "workers: nobody polls settings.PERDURE_TASK_QUEUE" }}{{ end -}}
{{- if not (or $told (eq (len $queues) 1)) }}{{ fail "settings.PERDURE_TASK_QUEUE must say to which of the workers' task queues new runs go" }}{{ end -}}
{{- $told | default (first $queues) -}}
{{- end }}

{{/* Of every pod: no token of the cluster, no root, no privileges. */}}
{{- define "perdure.pod" -}}
automountServiceAccountToken: false
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{ toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "perdure.container" -}}
imagePullPolicy: {{ .Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  runAsNonRoot: true
  capabilities: { drop: [ALL] }
volumeMounts:
  - { name: tmp, mountPath: /tmp }
  {{- if .Values.tls.secretName }}
  - { name: tls, mountPath: /etc/perdure/tls, readOnly: true }
  {{- end }}
{{- end }}

{{- define "perdure.volumes" -}}
- { name: tmp, emptyDir: { sizeLimit: {{ .tmp | default "2Gi" }} } }
{{- if .root.Values.tls.secretName }}
- { name: tls, secret: { secretName: {{ .root.Values.tls.secretName }}, defaultMode: 288 } }
{{- end }}
{{- end }}

{{/* One zone, and one node, that is lost takes not all of them. */}}
{{- define "perdure.spread" -}}
{{- range $key := list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ $key }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels:
      app.kubernetes.io/instance: {{ $.root.Release.Name }}
      app.kubernetes.io/component: {{ $.component }}
{{- end }}
{{- end }}

{{/* A worker's pod; a Deployment's and the Worker Controller's alike. */}}
{{- define "perdure.workerTemplate" -}}
metadata:
  labels:
    {{- include "perdure.labels" .root | nindent 4 }}
    app.kubernetes.io/component: {{ .component }}
    perdure/kind: {{ ternary "tools" "worker" (eq .worker.role "tools") }}
  annotations:
    checksum/settings: {{ toJson (list .root.Values.settings .worker.settings (include "perdure.toolQueue" .root)) | sha256sum }}
spec:
  serviceAccountName: {{ .root.Release.Name }}{{ if eq .worker.role "tools" }}-tools{{ end }}
  {{- include "perdure.pod" .root | nindent 2 }}
  {{- with .worker.pod }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
  # Ten seconds for what runs, ten to heed its signal, and some to say so; the drain takes 28 at most.
  terminationGracePeriodSeconds: 40
  topologySpreadConstraints: {{- include "perdure.spread" . | nindent 4 }}
  containers:
    - name: worker
      image: {{ include "perdure.image" (dict "root" .root "kind" (ternary "tools" "worker" (eq .worker.role "tools"))) }}
      {{- include "perdure.container" .root | nindent 6 }}
      args: [worker]
      ports: [{ name: http, containerPort: 8081 }]
      envFrom:
        - configMapRef: { name: {{ .root.Release.Name }} }
        {{- if eq .worker.role "tools" }}
        - secretRef: { name: {{ required "secrets.tools must name the Secret of workers whose role is tools" .root.Values.secrets.tools }} }
        {{- else }}
        - secretRef: { name: {{ .root.Values.secrets.common }} }
        {{- with .root.Values.secrets.database }}
        - secretRef: { name: {{ . }} }
        {{- end }}
        {{- end }}
      env:
        {{- if eq .worker.role "tools" }}
        - { name: PERDURE_WORKER_ROLE, value: tools }
        {{- else }}
        - { name: PERDURE_TASK_QUEUE, value: {{ .worker.taskQueue | quote }} }
        {{- end }}
        {{- /* Runs are pinned to builds; the calls of tools are made by whoever is there. */}}
        {{- if and (ne .worker.role "tools") (eq .root.Values.workerVersioning.mode "manual") }}
        - { name: TEMPORAL_DEPLOYMENT_NAME, value: {{ .root.Values.workerVersioning.deploymentName | quote }} }
        {{- with .root.Values.workerVersioning.buildId }}
        - { name: TEMPORAL_WORKER_BUILD_ID, value: {{ . | quote }} }
        {{- end }}
        {{- end }}
        {{- range $name, $value := .worker.settings }}
        - { name: {{ $name }}, value: {{ include "perdure.setting" $value }} }
        {{- end }}
      resources: {{- toYaml .worker.resources | nindent 8 }}
      # Started: what it stands on has been used. Ready: Temporal sees it poll. Alive: it answers.
      startupProbe: { httpGet: { path: /startupz, port: http }, periodSeconds: 3, failureThreshold: 100, timeoutSeconds: 5 }
      readinessProbe: { httpGet: { path: /readyz, port: http }, periodSeconds: 10, timeoutSeconds: 6, failureThreshold: 3 }
      livenessProbe: { httpGet: { path: /healthz, port: http }, periodSeconds: 10, timeoutSeconds: 5, failureThreshold: 6 }
  volumes: {{- include "perdure.volumes" (dict "root" .root "tmp" .worker.tmp) | nindent 4 }}
{{- end }}

{{/* As a text of YAML. Of numbers, which Helm has as floats, all digits: never 1e+10. */}}
{{- define "perdure.setting" -}}
{{ if and (kindIs "float64" .) (eq (floor .) .) }}{{ int64 . | toString | quote }}{{ else }}{{ toString . | quote }}{{ end }}
{{- end }}

{{/* Public addresses, as a NetworkPolicy names them. */}}
{{- define "perdure.publicWeb" -}}
- ipBlock: { cidr: 0.0.0.0/0, except: {{ toJson .Values.networkPolicy.notPublic }} }
- ipBlock: { cidr: '::/0', except: {{ toJson .Values.networkPolicy.notPublic6 }} }
{{- end }}
