//! Pushes three letters to a Vec, whose memory comes from hartlock's bump allocator, and prints them.
//!
//! On Linux it is a program like any other. For riscv64gc-unknown-none-elf it is a kernel that an SBI
//! firmware starts (docs/use/rust.md says how it is built and booted).
#![cfg_attr(target_os = "none", no_std, no_main)]

extern crate alloc;

use alloc::vec::Vec;
use hartlock::{BumpAllocator, Region};

const BYTES: usize = 1 << 20;
static MEMORY: Region<BYTES> = Region::new();

// SAFETY: nobody else uses MEMORY.
#[global_allocator]
static HEAP: BumpAllocator = unsafe { BumpAllocator::over(MEMORY.start(), BYTES) };

fn abc(print: impl Fn(char)) {
    let before = HEAP.used();
    let mut letters = Vec::new();
    for letter in ['a', 'b', 'c'] {
        letters.push(letter);
    }
    let first = letters.as_ptr() as usize - MEMORY.start() as usize;
    assert!(first >= before && first < HEAP.used(), "the letters lie in the bump allocator's memory");
    letters.into_iter().for_each(print);
}

#[cfg(not(target_os = "none"))]
fn main() {
    abc(|letter| println!("{letter}"));
}

#[cfg(target_os = "none")]
mod kernel {
    use core::arch::{asm, global_asm};

    // The firmware starts one hart here; the stack is the linker script's.
    global_asm!(".section .text.start", ".globl _start", "_start:", "la sp, stack_end", "j rust_main");

    const PUT_CHARACTER: usize = 1;
    const SHUTDOWN: usize = 8;

    /// Makes a call of SBI 0.1, which every firmware knows.
    fn sbi(call: usize, argument: usize) {
        // SAFETY: these two calls touch no memory of this program.
        unsafe { asm!("ecall", inlateout("a0") argument => _, in("a7") call) };
    }

    #[no_mangle]
    extern "C" fn rust_main() -> ! {
        super::abc(|letter| {
            sbi(PUT_CHARACTER, letter as usize);
            sbi(PUT_CHARACTER, '\n' as usize);
        });
        sbi(SHUTDOWN, 0);
        loop {}
    }

    #[panic_handler]
    fn panic(_: &core::panic::PanicInfo) -> ! {
        "panic\n".bytes().for_each(|byte| sbi(PUT_CHARACTER, byte.into()));
        sbi(SHUTDOWN, 0);
        loop {}
    }
}
