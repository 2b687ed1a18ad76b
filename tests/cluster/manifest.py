"""Looks at a manifest as a Kubernetes server would, and says how one of its pods is started.

manifest.py check FILE                     the published schemas, and what they do not say
manifest.py faults FILE                    each of many faults, put into the manifest, must be found
manifest.py pod FILE JOB INDEX FOLDER      options and arguments of start.py for a pod, each with a zero byte after it;
                                           volumes are folders in FOLDER

The schemas are those of the package kubernetes-validate. They have neither the names of settings nor rules between
fields, on which a server insists: `complaints` has those that the manifest comes near to. Source: the API reference of
Kubernetes, Job v1, "PodFailurePolicy", "backoffLimitPerIndex", "podReplacementPolicy".
"""

import copy
import os
import re
import sys

import kubernetes_validate
import yaml

# The newest, and the first that counts the tries of each index without being asked.
VERSIONS = ["1.37", "1.29"]
LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def read(path):
    with open(path, encoding="utf-8") as file:
        return list(yaml.safe_load_all(file))


def schema(documents):
    for document in documents:
        for version in VERSIONS:
            try:
                kubernetes_validate.validate(document, version, strict=True)
            except Exception as error:
                yield f"{version}: {document.get('kind')}: {str(error).splitlines()[0]}"


def complaints(documents):
    def of(kind):
        return {d["metadata"]["name"]: d for d in documents if d["kind"] == kind}

    maps, claims, jobs = of("ConfigMap"), of("PersistentVolumeClaim"), of("Job")
    if len(maps) + len(claims) + len(jobs) != len(documents):
        yield "a kind that is not known here, or a name twice"
    for document in documents:
        if not LABEL.fullmatch(document["metadata"]["name"]):
            yield f"{document['metadata']['name']} is no DNS label"
        if "${" in yaml.safe_dump({key: document[key] for key in document if key != "data"}):
            yield "a place is not filled in"
    for name, found in maps.items():
        if not all(isinstance(text, str) for text in found["data"].values()) or len(yaml.safe_dump(found)) > 1 << 20:
            yield f"{name}: texts of at most 1 MiB in all"
    for claim in claims.values():
        if set(claim["spec"]["accessModes"]) != {"ReadWriteMany"}:
            yield "pods on several machines write"
    for name, job in jobs.items():
        yield from (f"{name}: {problem}" for problem in job_complaints(name, job["spec"], maps, claims))


def job_complaints(name, spec, maps, claims):
    indexed = spec.get("completionMode", "NonIndexed") == "Indexed"
    if spec.get("completionMode", "NonIndexed") not in ("Indexed", "NonIndexed"):
        yield "completionMode"
    if indexed and not 1 <= spec.get("completions", 0) <= 100_000:
        yield "completions of an Indexed Job: 1 to 100,000, else the tries of an index are not counted"
    if indexed and spec.get("parallelism", 1) > 100_000:
        yield "parallelism"
    if ("backoffLimitPerIndex" in spec or "maxFailedIndexes" in spec) and not indexed:
        yield "tries of an index without indices"
    if "maxFailedIndexes" in spec and "backoffLimitPerIndex" not in spec:
        yield "maxFailedIndexes without backoffLimitPerIndex"
    if not 0 <= spec.get("maxFailedIndexes", 0) <= spec.get("completions", 1):
        yield "maxFailedIndexes"
    pod = spec["template"]["spec"]
    # The name of a pod has the index and six characters more.
    if len(name) + len(f"-{spec.get('completions', 1) - 1}") + 6 > 63:
        yield "the names of its pods are too long"
    if pod.get("restartPolicy") not in ("Never", "OnFailure"):
        yield "restartPolicy"
    yield from policy_complaints(spec, pod)
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    for volume in volumes.values():
        if "configMap" in volume and volume["configMap"]["name"] not in maps:
            yield "a ConfigMap that is not there"
        if "persistentVolumeClaim" in volume and volume["persistentVolumeClaim"]["claimName"] not in claims:
            yield "a claim that is not there"
    for container in pod["containers"]:
        yield from container_complaints(container, pod, spec, volumes, indexed)


def policy_complaints(spec, pod):
    replacement = spec.get("podReplacementPolicy", "Failed" if "podFailurePolicy" in spec else "TerminatingOrFailed")
    if replacement not in ("TerminatingOrFailed", "Failed"):
        yield "podReplacementPolicy"
    if "podFailurePolicy" not in spec:
        return
    if replacement != "Failed" or pod.get("restartPolicy") != "Never":
        yield "a failure policy wants podReplacementPolicy Failed and restartPolicy Never"
    containers = [container["name"] for container in pod["containers"]]
    rules = spec["podFailurePolicy"]["rules"]
    if len(rules) > 20:
        yield "more than 20 rules"
    for rule in rules:
        if rule["action"] not in ("FailJob", "FailIndex", "Ignore", "Count"):
            yield "action"
        if rule["action"] == "FailIndex" and "backoffLimitPerIndex" not in spec:
            yield "FailIndex without backoffLimitPerIndex"
        if ("onExitCodes" in rule) == ("onPodConditions" in rule):
            yield "a rule looks at exit codes or at conditions"
        codes = rule.get("onExitCodes")
        if codes:
            values = codes["values"]
            if codes["operator"] not in ("In", "NotIn"):
                yield "operator"
            if values != sorted(set(values)) or not values or (codes["operator"] == "In" and 0 in values):
                yield "exit codes in order, each once, and none of success"
            if codes.get("containerName", containers[0]) not in containers:
                yield "containerName"
        for condition in rule.get("onPodConditions", []):
            if condition["type"] != "DisruptionTarget" or condition.get("status", "True") not in ("True",):
                yield "a condition that no pod of ours gets"


def container_complaints(container, pod, spec, volumes, indexed):
    if not container.get("image"):
        yield "image"
    for mount in container.get("volumeMounts", []):
        if mount["name"] not in volumes:
            yield "a volume that is not there"
    variables = {variable["name"]: variable.get("value") for variable in container.get("env", [])}
    if "JOB_COMPLETION_INDEX" in variables:
        yield "JOB_COMPLETION_INDEX is Kubernetes' own"
    if indexed and variables.get("SPURIOUS_SHARDS") != str(spec["completions"]):
        yield "SPURIOUS_SHARDS is not the number of pods"
    limits, requests = container["resources"].get("limits", {}), container["resources"].get("requests", {})
    if any("/" in name and requests[name] != limits.get(name) for name in requests):
        yield "cards are asked for by a limit"
    words = container.get("command", []) + container.get("args", [])
    # Shells would stand between the program and SIGTERM.
    if container.get("command") != ["spurious"]:
        yield "the program is not process 1"
    if "nvidia.com/gpu" in limits and "--backend gpu" not in " ".join(words):
        yield "without --backend gpu a driver that is missing is a slow CPU"
    if "nvidia.com/gpu" not in limits and "gpu" in words:
        yield "no card is asked for"
    security = {**pod.get("securityContext", {}), **container.get("securityContext", {})}
    if not security.get("readOnlyRootFilesystem") or not security.get("runAsNonRoot") or not security.get("runAsUser"):
        yield "the root folder is read-only and the user is not root"


def faults(documents):
    """Names of faults, and the documents with each."""

    def shards(change):
        wrong = copy.deepcopy(documents)
        job = next(d for d in wrong if d["kind"] == "Job" and d["spec"].get("completionMode"))
        container = job["spec"]["template"]["spec"]["containers"][0]
        change(job["spec"], job["spec"]["template"]["spec"], container)
        return wrong

    def rule(index, change):
        return lambda spec, pod, container: change(spec["podFailurePolicy"]["rules"][index])

    yield "completionMode Indexd", shards(lambda s, p, c: s.update(completionMode="Indexd"))
    yield "completionMode of old", shards(lambda s, p, c: s.update(completionMode="NonIndexed"))
    yield "more pods than shards", shards(lambda s, p, c: s.update(completions=s["completions"] + 1))
    yield "completions as text", shards(lambda s, p, c: s.update(completions=str(s["completions"])))
    yield "a misspelt key", shards(lambda s, p, c: s.update(backoffLimitPerIndx=s.pop("backoffLimitPerIndex")))
    yield "failed indices without tries", shards(lambda s, p, c: s.pop("backoffLimitPerIndex"))
    yield "two writers of a shard", shards(lambda s, p, c: s.update(podReplacementPolicy="TerminatingOrFailed"))
    yield "pods that start again", shards(lambda s, p, c: p.update(restartPolicy="OnFailure"))
    yield "an action of no name", shards(rule(0, lambda r: r.update(action="ignore")))
    yield "a condition without status", shards(rule(0, lambda r: r["onPodConditions"][0].pop("status")))
    yield "another condition", shards(rule(0, lambda r: r["onPodConditions"][0].update(type="Preempted")))
    yield "a container that is not there", shards(rule(1, lambda r: r["onExitCodes"].update(containerName="x")))
    yield "exit codes out of order", shards(rule(2, lambda r: r["onExitCodes"].update(values=[3, 2])))
    yield "an exit code of success", shards(rule(1, lambda r: r["onExitCodes"].update(values=[0, 130])))
    yield "a shell", shards(lambda s, p, c: c.update(command=["sh", "-c", "spurious"]))
    yield "auto", shards(lambda s, p, c: c["args"].__setitem__(c["args"].index("gpu"), "auto"))
    yield "no card", shards(lambda s, p, c: c["resources"]["limits"].pop("nvidia.com/gpu"))
    yield "a number in the environment", shards(lambda s, p, c: c["env"][0].update(value=int(c["env"][0]["value"])))
    yield "another volume", shards(lambda s, p, c: c["volumeMounts"][0].update(name="x"))
    yield "another claim", shards(lambda s, p, c: p["volumes"][1]["persistentVolumeClaim"].update(claimName="x"))
    yield "root", shards(lambda s, p, c: p["securityContext"].update(runAsUser=0))
    yield "a root folder to write to", shards(lambda s, p, c: c["securityContext"].pop("readOnlyRootFilesystem"))
    long = copy.deepcopy(documents)
    next(d for d in long if d["kind"] == "Job")["metadata"]["name"] = "a" * 60
    yield "a long name", long
    once = copy.deepcopy(documents)
    next(d for d in once if d["kind"] == "PersistentVolumeClaim")["spec"]["accessModes"] = ["ReadWriteOnce"]
    yield "a volume for one machine", once


def pod(documents, name, index, folder):
    job = next(d for d in documents if d["kind"] == "Job" and d["metadata"]["name"] == name)
    spec = job["spec"]["template"]["spec"]
    (container,) = spec["containers"]
    options = []
    for mount in container["volumeMounts"]:
        volume = next(volume for volume in spec["volumes"] if volume["name"] == mount["name"])
        source = os.path.join(folder, mount["name"])
        os.makedirs(source, exist_ok=True)
        if "configMap" in volume:
            called = volume["configMap"]["name"]
            found = next(d for d in documents if d["kind"] == "ConfigMap" and d["metadata"]["name"] == called)
            for file, text in found["data"].items():
                with open(os.path.join(source, file), "w", encoding="utf-8", newline="") as out:
                    out.write(text)
        else:
            # What fsGroup does to the top folder of a volume.
            os.chown(source, -1, spec["securityContext"]["fsGroup"])
            os.chmod(source, 0o2775)
        options += ["--mount", f"{source}:{mount['mountPath']}" + (":ro" if mount.get("readOnly") else "")]
    for variable in container.get("env", []):
        options += ["--env", f"{variable['name']}={variable['value']}"]
    if job["spec"].get("completionMode") == "Indexed":
        options += ["--env", f"JOB_COMPLETION_INDEX={index}"]
    # Variables, which are written $(NAME), are not used; a dollar is written twice.
    words = [word.replace("$$", "$") for word in container["command"] + container["args"]]
    return options + ["--command", "--", *words]


def main():
    what, path, *more = sys.argv[1:]
    documents = read(path)
    if what == "check":
        found = [*schema(documents)] or [*complaints(documents)]
        sys.exit("\n".join(found) or 0)
    if what == "faults":
        names = []
        for name, wrong in faults(documents):
            names.append(name)
            # Where the schema refuses a document, the rules may not be able to read it.
            if not list(schema(wrong)) and not list(complaints(wrong)):
                sys.exit(f"nothing is said about: {name}")
        print(f"{len(names)} faults are found")
    if what == "pod":
        sys.stdout.write("".join(word + "\0" for word in pod(documents, *more)))


main()
