// Messages between podlet and supervise over the control socket, one JSON object per line.

package main

import (
	"encoding/json"
	"errors"
	"reflect"
	"time"
)

type processUser struct {
	User               string   `json:"user"`
	Group              string   `json:"group"`
	SupplementalGroups []uint32 `json:"supplementalGroups"`
	GroupsPolicy       string   `json:"groupsPolicy"`
	NoNewPrivileges    bool     `json:"noNewPrivileges"`
	RunAsNonRoot       bool     `json:"runAsNonRoot"`
	Capabilities       struct {
		Add  []string `json:"add"`
		Drop []string `json:"drop"`
	} `json:"capabilities"`
}

// sameAccount: the image's files resolve both to the same user.
func (user processUser) sameAccount(other processUser) bool {
	return user.User == other.User && user.Group == other.Group && user.GroupsPolicy == other.GroupsPolicy &&
		reflect.DeepEqual(user.SupplementalGroups, other.SupplementalGroups)
}

type stopPlan struct {
	Signal              string   `json:"signal"`
	GraceSeconds        float64  `json:"graceSeconds"`
	PreStop             []string `json:"preStop"`
	PreStopSleepSeconds float64  `json:"preStopSleepSeconds"`
}

type order struct {
	Type          string      `json:"type"`
	ID            string      `json:"id"`
	Run           int         `json:"run"`
	RunsOnce      bool        `json:"runsOnce"`
	Argv          []string    `json:"argv"`
	Env           []string    `json:"env"`
	Cwd           string      `json:"cwd"`
	User          processUser `json:"user"`
	MessagePath   string      `json:"terminationMessagePath"`
	MessageBytes  int         `json:"terminationMessageBytes"`
	Stop          stopPlan    `json:"stop"`
	LogNonce      string      `json:"logNonce"`
	TTY           bool        `json:"tty"`
	Stdin         bool        `json:"stdin"`
	StdinOnce     bool        `json:"stdinOnce"`
	Attach        bool        `json:"attach"`
	TimeoutMillis int         `json:"timeoutMs"`
	Signal        string      `json:"signal"`
	Forward       bool        `json:"forward"`
	Files         []struct {
		Path    string `json:"path"`
		Content string `json:"content"`
	} `json:"files"`
	Links []struct {
		Link   string `json:"link"`
		Target string `json:"target"`
	} `json:"links"`
	Copies         []copied    `json:"copies"`
	Memory         []ownMemory `json:"memory"`
	DevicesMounted bool        `json:"devicesMounted"`
}

type exited struct {
	Type       string `json:"type,omitempty"`
	Run        int    `json:"run"`
	Code       int    `json:"code"`
	OOM        bool   `json:"oom"`
	StartError string `json:"startError,omitempty"`
	Message    string `json:"message,omitempty"`
	StartedAt  string `json:"startedAt,omitempty"`
	At         string `json:"at"`
}

type hello struct {
	Type      string  `json:"type"`
	Run       int     `json:"run"`
	Pid       int     `json:"pid"`
	StartedAt string  `json:"startedAt,omitempty"`
	Exit      *exited `json:"exit,omitempty"`
	Term      string  `json:"term,omitempty"`
	User      *owner  `json:"user,omitempty"`
}

// owner is the user as which the newest run began.
type owner struct {
	UID    int      `json:"uid"`
	GID    int      `json:"gid"`
	Groups []uint32 `json:"groups"`
}

type started struct {
	Type string `json:"type"`
	Run  int    `json:"run"`
	Pid  int    `json:"pid"`
	At   string `json:"at"`
	User *owner `json:"user,omitempty"`
}

type done struct {
	Type     string `json:"type"`
	ID       string `json:"id"`
	Code     int    `json:"code"`
	TimedOut bool   `json:"timedOut"`
	Output   string `json:"output"`
	Error    string `json:"error,omitempty"`
}

type note struct {
	Type   string `json:"type"`
	Signal string `json:"signal,omitempty"`
	ID     string `json:"id,omitempty"`
}

var errOrder = errors.New("not an order")

// parseOrder parses one line.
func parseOrder(line []byte) (*order, error) {
	received := &order{}
	if err := json.Unmarshal(line, received); err != nil {
		return nil, err
	}
	if received.Type == "" {
		return nil, errOrder
	}
	return received, nil
}

func timestamp() string { return time.Now().UTC().Format("2006-01-02T15:04:05.000000Z") }
