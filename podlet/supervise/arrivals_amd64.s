// The signal handler: one write of what the kernel reports, without Go's stack, locks or memory.

#include "textflag.h"

GLOBL ·handlerAddress(SB), RODATA, $8
DATA ·handlerAddress(SB)/8, $·onSignal(SB)
GLOBL ·returnAddress(SB), RODATA, $8
DATA ·returnAddress(SB)/8, $·fromSignal(SB)

// DI: number, SI: *siginfo. write(signalPipe, siginfo, 128).
TEXT ·onSignal(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ ·signalPipe(SB), DI
	MOVQ $128, DX
	MOVQ $1, AX
	SYSCALL
	RET

// rt_sigreturn, which on this architecture the program brings along.
TEXT ·fromSignal(SB), NOSPLIT|NOFRAME, $0-0
	MOVQ $15, AX
	SYSCALL
	INT $3
