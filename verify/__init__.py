"""Proofs of the compiled locks against the RISC-V memory model. docs/trust/proof.md says what is proved."""
