// The signal handler: one write of what the kernel reports, without Go's stack, locks or memory.

#include "textflag.h"

GLOBL ·handlerAddress(SB), RODATA, $8
DATA ·handlerAddress(SB)/8, $·onSignal(SB)

// R0: number, R1: *siginfo. write(signalPipe, siginfo, 128). The kernel has its own way back.
TEXT ·onSignal(SB), NOSPLIT|NOFRAME, $0-0
	MOVD ·signalPipe(SB), R0
	MOVD $128, R2
	MOVD $64, R8
	SVC
	RET

TEXT ·fromSignal(SB), NOSPLIT|NOFRAME, $0-0
	RET
