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
	prCapBSetRead       = 23
	prCapBSetDrop       = 24
	prSetChildSubreaper = 36
	prSetNoNewPrivs     = 38
	prCapAmbient        = 47
	prCapAmbientClear   = 4
	capVersion3         = 0x20080522
)

var capabilityNames = strings.Fields(`CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE
	NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT
	SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE
	MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE`)

func dropTo(who identity, user processUser) error {
	if err := setGroups(who.groups); err != nil {
		return fmt.Errorf("setgroups: %v", err)
	}
	if err := rawCall(syscall.SYS_SETRESGID, who.gid, who.gid, who.gid); err != nil {
		return fmt.Errorf("setgid: %v", err)
	}
	keep := keptCapabilities(user)
	prctl(prCapAmbient, prCapAmbientClear)
	for number := range capabilityNames {
		if keep&(1<<uint(number)) == 0 && inBoundingSet(number) {
			prctl(prCapBSetDrop, uintptr(number))
		}
	}
	if err := rawCall(syscall.SYS_SETRESUID, who.uid, who.uid, who.uid); err != nil {
		return fmt.Errorf("setuid: %v", err)
	}
	if who.uid == 0 {
		setCapabilities(keep)
	}
	if user.NoNewPrivileges {
		prctl(prSetNoNewPrivs, 1)
	}
	return nil
}

// keptCapabilities: what the container has, less drop, plus those of add that it has.
func keptCapabilities(user processUser) uint64 {
	have := uint64(0)
	for number := range capabilityNames {
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
		for number, known := range capabilityNames {
			if name == known || name == "ALL" {
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

func prctl(option int, argument uintptr) {
	syscall.RawSyscall6(syscall.SYS_PRCTL, uintptr(option), argument, 0, 0, 0, 0)
}

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

// Root keeps the set and passes none on as inheritable.
func setCapabilities(keep uint64) {
	header := struct {
		version uint32
		pid     int32
	}{capVersion3, 0}
	type part struct{ effective, permitted, inheritable uint32 }
	low, high := uint32(keep), uint32(keep>>32)
	parts := [2]part{{low, low, 0}, {high, high, 0}}
	syscall.RawSyscall(syscall.SYS_CAPSET, uintptr(unsafe.Pointer(&header)), uintptr(unsafe.Pointer(&parts[0])), 0)
}
