package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func write(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Chmod(path, uint32(mode)); err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestSeedBringsTheDirectoryOfTheImageAsItIsButNotWhatIsMountedInside(t *testing.T) {
	image, volume := t.TempDir(), t.TempDir()
	write(t, image+"/conf", "c", 0o640)
	write(t, image+"/deep/tool", "t", 0o4755)
	write(t, image+"/mounted/hidden", "h", 0o644)
	os.Symlink("conf", image+"/link")
	syscall.Mkfifo(image+"/fifo", 0o600)
	syscall.Chmod(image, 0o2711)
	if err := bring(seed{From: image, To: volume, Inside: []string{"mounted", "new/place"}}); err != nil {
		t.Fatal(err)
	}
	target, _ := os.Readlink(volume + "/link")
	conf, _ := os.Stat(volume + "/conf")
	tool, _ := os.Stat(volume + "/deep/tool")
	top, _ := os.Stat(volume)
	if read(t, volume+"/conf") != "c" || conf.Mode().Perm() != 0o640 || tool.Mode()&os.ModeSetuid == 0 || target != "conf" || top.Mode().Perm() != 0o711 || top.Mode()&os.ModeSetgid == 0 {
		t.Errorf("conf %v, tool %v, link %q, top %v", conf.Mode(), tool.Mode(), target, top.Mode())
	}
	if _, err := os.Lstat(volume + "/mounted/hidden"); !os.IsNotExist(err) {
		t.Error("what is mounted over was copied")
	}
	if state, err := os.Stat(volume + "/new/place"); err != nil || !state.IsDir() {
		t.Error("there is no mount point", err)
	}
	if state, err := os.Lstat(volume + "/fifo"); err != nil || state.Mode()&os.ModeNamedPipe == 0 {
		t.Error("the fifo is missing", err)
	}
}

func TestSeedOfADirectoryThatTheImageLacksIsEmpty(t *testing.T) {
	volume := t.TempDir()
	if err := bring(seed{From: "/no/such/directory", To: volume}); err != nil {
		t.Fatal(err)
	}
	if entries, _ := os.ReadDir(volume); len(entries) != 0 {
		t.Error(entries)
	}
}

func TestMoveTakesADirectoryAwayAndMayBeRepeated(t *testing.T) {
	root, part := t.TempDir(), t.TempDir()
	write(t, root+"/a/b/file", "1", 0o600)
	os.Chmod(root+"/a/b", 0o750)
	for times := 0; times < 2; times++ {
		if code := runMove(root, "a/b", part); code != 0 {
			t.Fatal(code)
		}
	}
	top, _ := os.Stat(part)
	if read(t, part+"/file") != "1" || top.Mode().Perm() != 0o750 {
		t.Error(top.Mode())
	}
	if _, err := os.Lstat(root + "/a/b"); !os.IsNotExist(err) {
		t.Error("it is still there")
	}
}

func TestMoveFollowsNoLinkAndMovesNoFile(t *testing.T) {
	root, outside, part := t.TempDir(), t.TempDir(), t.TempDir()
	write(t, outside+"/b/secret", "s", 0o600)
	write(t, root+"/file", "f", 0o600)
	os.Symlink(outside, root+"/a")
	for _, path := range []string{"a/b", "file"} {
		if code := runMove(root, path, part); code == 0 {
			t.Errorf("%s was moved", path)
		}
	}
	if entries, _ := os.ReadDir(part); len(entries) != 0 || read(t, outside+"/b/secret") != "s" {
		t.Error(entries)
	}
}

func TestPutFileReplacesFilesLinksAndEmptyDirectories(t *testing.T) {
	root := t.TempDir()
	write(t, root+"/outside", "kept", 0o644)
	os.Symlink(root+"/outside", root+"/link")
	os.Mkdir(root+"/empty", 0o755)
	write(t, root+"/full/x", "x", 0o644)
	for _, name := range []string{"link", "empty", "new/deep/file"} {
		if err := putFile(copied{Path: root + "/" + name, Content: []byte("new"), Mode: 0o440, UID: os.Getuid(), GID: os.Getgid()}); err != nil {
			t.Fatal(name, err)
		}
		state, err := os.Lstat(root + "/" + name)
		if err != nil || state.Mode() != 0o440 || read(t, root+"/"+name) != "new" {
			t.Error(name, state, err)
		}
	}
	if read(t, root+"/outside") != "kept" {
		t.Error("the link was followed")
	}
	if putFile(copied{Path: root + "/full", Content: []byte("new")}) == nil {
		t.Error("a directory with content gave way")
	}
}
