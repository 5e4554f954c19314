// Signals with their sender. Only the engine sends from outside the PID namespace, and only its stop signal has to be confirmed;
// signals that the pod's processes send to process 1 are forwarded to the program. Go does not report the sender, so a handler of
// our own writes what the kernel reports into a pipe (arrivals_*.s).

package main

import (
	"encoding/binary"
	"io"
	"os"
	"os/signal"
	"syscall"
	"unsafe"
)

const (
	infoSize    = 128        // siginfo_t
	infoPid     = 16         // offset of si_pid
	onAltStack  = 0x08000000 // SA_ONSTACK
	withInfo    = 0x00000004 // SA_SIGINFO
	restartCall = 0x10000000 // SA_RESTART
	withReturn  = 0x04000000 // SA_RESTORER
)

// signalPipe is the pipe's end that the handler writes to; handlerAddress and returnAddress are the kernel's entry points.
var (
	signalPipe     int64
	handlerAddress uintptr
	returnAddress  uintptr
)

func onSignal()

func fromSignal()

// arrival is one signal; inside means that a process of the pod sent it.
type arrival struct {
	number syscall.Signal
	inside bool
}

// runtimes are the signals that Go's runtime needs itself; only children and the kernel send those that matter.
var runtimes = []os.Signal{syscall.SIGCHLD, syscall.SIGILL, syscall.SIGTRAP, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGSEGV}

// untouched signals stay as they are: the first two cannot be caught, the third is Go's preemption, the rest are the C library's.
var untouched = []os.Signal{syscall.SIGKILL, syscall.SIGSTOP, syscall.SIGURG, syscall.Signal(32), syscall.Signal(33), syscall.Signal(34)}

func bit(number syscall.Signal) uint64 { return 1 << uint(number-1) }

// arrivals starts to catch signals and returns them as a channel.
func arrivals() (<-chan arrival, error) {
	var ends [2]int
	if err := syscall.Pipe2(ends[:], syscall.O_CLOEXEC); err != nil {
		return nil, err
	}
	// A handler that blocks would block its thread: when the pipe is full the signal is lost, like a second one of a pending signal.
	if err := syscall.SetNonblock(ends[1], true); err != nil {
		return nil, err
	}
	if handlerAddress == 0 {
		return nil, syscall.ENOSYS // never: SIG_DFL would be taken for a handler
	}
	signalPipe = int64(ends[1])
	all := make(chan arrival, 64)
	others := make(chan os.Signal, 64)
	// The runtime would die of a log that nobody reads, unless somebody has asked for SIGPIPE.
	signal.Notify(others, append([]os.Signal{syscall.SIGPIPE}, runtimes...)...)
	if err := handle(); err != nil {
		return nil, err
	}
	guarded("signals", func() {
		for number := range others {
			if number != syscall.SIGPIPE {
				all <- arrival{number.(syscall.Signal), true}
			}
		}
	})
	guarded("signals", func() { readSignals(os.NewFile(uintptr(ends[0]), "signals"), all) })
	return all, nil
}

func handle() error {
	action := struct {
		handler, flags, restorer uintptr
		mask                     uint64
	}{handlerAddress, onAltStack | withInfo | restartCall, returnAddress, ^uint64(0)}
	if returnAddress != 0 {
		action.flags |= withReturn
	}
	spared := uint64(0)
	for _, number := range append(append([]os.Signal{}, runtimes...), untouched...) {
		spared |= bit(number.(syscall.Signal))
	}
	for number := syscall.Signal(1); number <= 64; number++ {
		if spared&bit(number) != 0 {
			continue
		}
		if _, _, errno := syscall.RawSyscall6(syscall.SYS_RT_SIGACTION, uintptr(number), uintptr(unsafe.Pointer(&action)), 0, 8, 0, 0); errno != 0 {
			return errno
		}
	}
	return nil
}

func readSignals(source io.Reader, all chan<- arrival) {
	self, info := uint32(os.Getpid()), make([]byte, infoSize)
	for {
		if _, err := io.ReadFull(source, info); err != nil {
			return
		}
		number, pid := binary.LittleEndian.Uint32(info), binary.LittleEndian.Uint32(info[infoPid:])
		if pid != self { // a broken pipe's
			all <- arrival{syscall.Signal(number), pid != 0}
		}
	}
}
