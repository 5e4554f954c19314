package main

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
)

func TestUsageCountsFilesOnceWhateverLiesBesideThem(t *testing.T) {
	volume := t.TempDir()
	write(t, volume+"/file", strings.Repeat("x", 100_000), 0o600)
	write(t, volume+"/deep/er/file", strings.Repeat("x", 100_000), 0o600)
	os.Link(volume+"/file", volume+"/deep/same")
	os.Symlink("/usr", volume+"/out")
	os.Symlink(".", volume+"/loop")
	syscall.Mkfifo(volume+"/fifo", 0o600)
	if used := usedBytes(volume); used < 200_000 || used > 260_000 {
		t.Errorf("%d bytes", used)
	}
	if used := usedBytes(volume + "/none"); used != 0 {
		t.Errorf("%d bytes of nothing", used)
	}
	if used := usedBytes(volume + "/out"); used != 0 {
		t.Errorf("%d bytes behind a link", used)
	}
}

func TestUsageReadsALargeDirectoryWhole(t *testing.T) {
	volume := t.TempDir()
	before := usedBytes(volume)
	for n := 0; n < 2*namesAtOnce+7; n++ {
		write(t, fmt.Sprintf("%s/%d", volume, n), "x", 0o600)
	}
	var state syscall.Stat_t
	if err := syscall.Stat(volume+"/0", &state); err != nil {
		t.Fatal(err)
	}
	if used, least := usedBytes(volume)-before, (2*namesAtOnce+7)*state.Blocks*blockSize; used < least {
		t.Errorf("%d bytes, not %d", used, least)
	}
}
