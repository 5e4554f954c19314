// Signals by name.

package main

import (
	"strconv"
	"strings"
	"syscall"
)

var signalNames = map[string]syscall.Signal{
	"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11,
	"USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21,
	"TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31,
	"RTMIN": 34, "RTMAX": 64,
}

// signalNumber understands 15, TERM, SIGTERM, SIGRTMIN+3 and SIGRTMAX-2; 0 for anything else.
func signalNumber(name string) syscall.Signal {
	if number, err := strconv.Atoi(name); err == nil && number > 0 && number <= 64 {
		return syscall.Signal(number)
	}
	name = strings.TrimPrefix(strings.ToUpper(name), "SIG")
	if number, known := signalNames[name]; known {
		return number
	}
	for base, sign := range map[string]int{"RTMIN+": 1, "RTMAX-": -1} {
		if offset, err := strconv.Atoi(strings.TrimPrefix(name, base)); err == nil && strings.HasPrefix(name, base) {
			return signalNames[base[:5]] + syscall.Signal(sign*offset)
		}
	}
	return 0
}
