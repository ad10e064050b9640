"""Starts U-Boot on QEMU's virt, with the kernel as the flat file that it loads."""

import subprocess

from support.run import TOP

FLAT = TOP / "build/hartlock.bin"
UBOOT = "/usr/lib/u-boot/qemu-riscv64_smode/u-boot.bin"


def make(*args):
    subprocess.run(["make", "-s", *args], cwd=TOP, check=True, timeout=300, capture_output=True)


def uboot_prompt(child):
    child.expect("stop autoboot")
    child.send("\r")
    child.expect("=> ")
