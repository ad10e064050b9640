"""Proofs of the compiled locks against the RISC-V memory model. docs/proof.md says what is proved."""
