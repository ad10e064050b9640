"""Makes device trees: QEMU's own with something changed."""

import subprocess


def device_tree(tmp_path, smp, change):
    """The path of a tree: that of QEMU's virt with `smp` harts, after change(its source)."""
    blob, source, changed = (tmp_path / n for n in ("v.dtb", "v.dts", "w.dtb"))
    subprocess.run(["qemu-system-riscv64", "-machine", f"virt,dumpdtb={blob}", "-smp", str(smp), "-m", "256M",
                    "-display", "none"], check=True, timeout=20, capture_output=True)
    text = subprocess.run(["dtc", "-q", "-I", "dtb", "-O", "dts", str(blob)], check=True, timeout=20,
                          capture_output=True, text=True).stdout
    source.write_text(change(text))
    subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb", str(source), "-o", str(changed)], check=True, timeout=20)
    return str(changed)
