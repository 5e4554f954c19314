// Signals by name, and which of them reach the main process.
// See docs/design/supervise.md.

package main

import (
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// blockedLook is the interval at which a blocked signal is checked: one that stays blocked is being waited for (sigwait, signalfd).
const blockedLook = 20 * time.Millisecond

var signalNames = map[string]syscall.Signal{
	"HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "TRAP": 5, "ABRT": 6, "IOT": 6, "BUS": 7, "FPE": 8, "KILL": 9, "USR1": 10, "SEGV": 11,
	"USR2": 12, "PIPE": 13, "ALRM": 14, "TERM": 15, "STKFLT": 16, "CHLD": 17, "CONT": 18, "STOP": 19, "TSTP": 20, "TTIN": 21,
	"TTOU": 22, "URG": 23, "XCPU": 24, "XFSZ": 25, "VTALRM": 26, "PROF": 27, "WINCH": 28, "IO": 29, "POLL": 29, "PWR": 30, "SYS": 31,
	"RTMIN": 34, "RTMAX": 64,
}

// signalNumber parses 15, TERM, SIGTERM, SIGRTMIN+3 and SIGRTMAX-2; it returns 0 for anything else.
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
			if number := signalNames[base[:5]] + syscall.Signal(sign*offset); offset >= 0 && number >= signalNames["RTMIN"] && number <= signalNames["RTMAX"] {
				return number
			}
		}
	}
	return 0
}

// signalMain signals the main process by the kernel's rule for process 1, in whose place it runs: a signal that it neither handles
// nor ignores is not delivered, whoever sends it, except KILL. A process still in its stage gets nothing before its program runs,
// except KILL.
func (s *supervisor) signalMain(number syscall.Signal) {
	main := s.main
	switch {
	case main == nil || number <= 0:
	case number == syscall.SIGKILL:
		syscall.Kill(main.pid, number)
	case !main.begun():
		s.whenBegun(main, func() {
			if s.main == main {
				s.signalMain(number)
			}
		})
	case os.Getpid() != 1:
		// With shared processes no program is process 1, and neither is one in Kubernetes.
		syscall.Kill(main.pid, number)
	default:
		s.signalFirst(main, number)
	}
}

func (s *supervisor) signalFirst(main *process, number syscall.Signal) {
	switch dispositionOf(main.pid, number) {
	case handled:
		syscall.Kill(main.pid, number)
	case held:
		s.after(blockedLook, func() {
			if s.main == main && dispositionOf(main.pid, number) != unhandled {
				syscall.Kill(main.pid, number)
			}
		})
	}
}

type disposition int

const (
	unhandled disposition = iota
	handled               // or ignored
	held
)

// dispositionOf reads how the process handles a signal; for a process that is gone the result does not matter.
func dispositionOf(pid int, number syscall.Signal) disposition {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/status")
	if err != nil {
		return unhandled
	}
	sets := signalSets(string(text))
	switch {
	case (sets["SigCgt"]|sets["SigIgn"])&bit(number) != 0:
		return handled
	case sets["SigBlk"]&bit(number) != 0:
		return held
	}
	return unhandled
}

func signalSets(status string) map[string]uint64 {
	sets := map[string]uint64{}
	for _, line := range strings.Split(status, "\n") {
		if name := strings.SplitN(line, ":", 2); len(name) == 2 && strings.HasPrefix(name[0], "Sig") {
			sets[name[0]], _ = strconv.ParseUint(strings.TrimSpace(name[1]), 16, 64)
		}
	}
	return sets
}
