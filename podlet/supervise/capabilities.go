// Dropping root: groups, ids, capabilities and no_new_privs.

package main

import (
	"fmt"
	"runtime"
	"strings"
	"syscall"
	"unsafe"
)

const (
	prSetDumpable       = 4
	prCapBSetRead       = 23
	prCapBSetDrop       = 24
	prSetChildSubreaper = 36
	prSetNoNewPrivs     = 38
	prCapAmbient        = 47
	prCapAmbientClear   = 4
	capVersion3         = 0x20080522
	lastCapability      = 63 // one that the kernel does not know is in no set
)

var capabilityNames = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
	SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
	MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`)

// dropTo leaves the thread with the rights of the spec, or fails: the program would inherit any right that was kept by mistake.
func dropTo(who identity, spec stageSpec) error {
	if err := setGroups(who.Groups); err != nil {
		return fmt.Errorf("setgroups: %v", err)
	}
	if err := rawCall(syscall.SYS_SETRESGID, who.GID, who.GID, who.GID); err != nil {
		return fmt.Errorf("setgid: %v", err)
	}
	clearAmbient()
	for number := 0; number <= lastCapability; number++ {
		if spec.Keep&(1<<uint(number)) != 0 || !inBoundingSet(number) {
			continue
		}
		if err := prctl(prCapBSetDrop, uintptr(number)); err != nil {
			return fmt.Errorf("dropping capability %d: %v", number, err)
		}
	}
	if err := rawCall(syscall.SYS_SETRESUID, who.UID, who.UID, who.UID); err != nil {
		return fmt.Errorf("setuid: %v", err)
	}
	keep := spec.Keep
	if who.UID != 0 {
		keep = 0 // as the kernel has it already; what the engine made inheritable goes too
	}
	if err := setCapabilities(keep); err != nil {
		return fmt.Errorf("capset: %v", err)
	}
	if spec.NoNewPrivileges {
		if err := prctl(prSetNoNewPrivs, 1); err != nil {
			return fmt.Errorf("no_new_privs: %v", err)
		}
	}
	return nil
}

// keptCapabilities are those of the container, less drop, plus those of add that the container has.
func keptCapabilities(user processUser) uint64 {
	have := uint64(0)
	for number := 0; number <= lastCapability; number++ {
		if inBoundingSet(number) {
			have |= 1 << uint(number)
		}
	}
	return (have &^ capabilitySet(user.Capabilities.Drop)) | (have & capabilitySet(user.Capabilities.Add))
}

func capabilitySet(names []string) uint64 {
	set := uint64(0)
	for _, name := range names {
		name = strings.TrimPrefix(strings.ToUpper(name), "CAP_")
		if name == "ALL" {
			return ^uint64(0)
		}
		for number, known := range capabilityNames {
			if name == known {
				set |= 1 << uint(number)
			}
		}
	}
	return set
}

func inBoundingSet(number int) bool {
	value, _, errno := syscall.RawSyscall(syscall.SYS_PRCTL, prCapBSetRead, uintptr(number), 0)
	return errno == 0 && value == 1
}

func prctl(option int, argument uintptr) error {
	if _, _, errno := syscall.RawSyscall6(syscall.SYS_PRCTL, uintptr(option), argument, 0, 0, 0, 0); errno != 0 {
		return errno
	}
	return nil
}

// A kernel without ambient capabilities has none to clear.
func clearAmbient() { _ = prctl(prCapAmbient, prCapAmbientClear) }

func rawCall(number uintptr, a, b, c int) error {
	if _, _, errno := syscall.RawSyscall(number, uintptr(a), uintptr(b), uintptr(c)); errno != 0 {
		return errno
	}
	return nil
}

func setGroups(groups []uint32) error {
	if len(groups) == 0 {
		return rawCall(syscall.SYS_SETGROUPS, 0, 0, 0)
	}
	_, _, errno := syscall.RawSyscall(syscall.SYS_SETGROUPS, uintptr(len(groups)), uintptr(unsafe.Pointer(&groups[0])), 0)
	runtime.KeepAlive(groups)
	if errno != 0 {
		return errno
	}
	return nil
}

type capabilityHeader struct {
	version uint32
	pid     int32
}

type capabilityPart struct{ effective, permitted, inheritable uint32 }

// The thread keeps the set, and none of it is inheritable.
func setCapabilities(keep uint64) error {
	now, err := capget()
	if err != nil {
		return err
	}
	// Asking for one that the thread lacks would fail the whole call.
	low, high := uint32(keep)&now[0].permitted, uint32(keep>>32)&now[1].permitted
	return capset([2]capabilityPart{{low, low, 0}, {high, high, 0}})
}

func capget() ([2]capabilityPart, error) {
	header, now := capabilityHeader{version: capVersion3}, [2]capabilityPart{}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CAPGET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&now[0])), 0); errno != 0 {
		return now, errno
	}
	return now, nil
}

func capset(parts [2]capabilityPart) error {
	header := capabilityHeader{version: capVersion3}
	if _, _, errno := syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&parts[0])), 0); errno != 0 {
		return errno
	}
	return nil
}
