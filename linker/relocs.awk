# relocs.awk: what `readelf -rW` says of an image linked with --emit-relocs becomes an
# assembler file: the offset of each word that holds an address. Only 64-bit words in
# data can be moved; an absolute address anywhere else is an error, by name.

BEGIN {
	print "#include \"layout.h\""
	print "\t.section .relocs, \"a\""
}
/^Relocation section/ {
	section = substr($3, 7, length($3) - 7) # \'.rela.data\'
	loaded = section ~ /^\.(text|rodata|data|tdata)$/
}
loaded && $3 == "R_RISCV_64" && section != ".text" {
	printf "\t.word\t0x%s - KERNEL_BASE\n", $1
	next
}
loaded && $3 ~ /^R_RISCV_(32|64|HI20|LO12_I|LO12_S|RVC_LUI)$/ {
	printf "relocs.awk: %s at 0x%s in %s cannot be moved: %s\n", $3, $1, section, $5 > "/dev/stderr"
	exit 1
}
