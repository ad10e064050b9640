"""A real Slurm of one node on loopback, with keys, ports and a folder of its own, which ends with
the test."""

import os
import shutil
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "sinfo")
CONF = """\
ClusterName=hartlock
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.sock
CredType=cred/munge
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
SwitchType=switch/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
InactiveLimit=0
MinJobAge=300
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not():
    """The reason why there can be no Slurm here; "" if there can be one."""
    missing = [p for p in PROGRAMS if not shutil.which(p)]
    if missing:
        return f"{', '.join(missing)} not installed (Debian packages slurm-wlm, munge)"
    return "" if os.geteuid() == 0 else "slurmd starts tasks as users, which takes root"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Slurm:
    """A context manager that runs a Slurm; `environment` is that of its users."""

    def __init__(self, folder, cpus=2):
        self.folder, self._processes = folder, []
        folder.mkdir(parents=True, mode=0o755)
        for name in ("state", "spool"):
            (folder / name).mkdir()
        conf = folder / "slurm.conf"
        conf.write_text(CONF.format(host=socket.gethostname().split(".")[0], user="root", folder=folder, cpus=cpus,
                                    ports=(free_port(), free_port())))
        self.environment = {**os.environ, "SLURM_CONF": str(conf)}

    def _start(self, *command):
        log = open(self.folder / f"{os.path.basename(command[0])}.out", "wb")
        self._processes.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self.environment,
                                                start_new_session=True))
        log.close()

    def _until(self, what, seconds=30):
        end = time.monotonic() + seconds
        while not what():
            if time.monotonic() > end or any(p.poll() not in (None, 0) for p in self._processes):
                raise RuntimeError("Slurm did not come up: " + " ".join(
                    p.read_text(errors="replace")[-600:] for p in sorted(self.folder.glob("*.log")) + sorted(self.folder.glob("*.out"))))
            time.sleep(0.1)  # polls another program's state; no other way to be told

    def ask(self, *command):
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60, check=False).stdout

    def __enter__(self):
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o600)
        at = {name: str(self.folder / f"munge.{name}") for name in ("sock", "key", "pid", "log", "seed")}
        self._start("munged", "--foreground", "--force", f"--socket={at['sock']}", f"--key-file={at['key']}", f"--pid-file={at['pid']}",
                    f"--log-file={at['log']}", f"--seed-file={at['seed']}")
        self._until((self.folder / "munge.sock").exists)
        self._start("slurmctld", "-D")
        self._start("slurmd", "-D", "-N", socket.gethostname().split(".")[0])
        self._until(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"))
        return self

    def wait(self, job, seconds=240):
        """Wait until the queue has nothing of the job left."""
        self._until(lambda: not self.ask("squeue", "-h", "-j", job).strip(), seconds)

    def __exit__(self, *_):
        for process in reversed(self._processes):
            process.terminate()
        for process in reversed(self._processes):
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
