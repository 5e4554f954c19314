// A stream of frames to a client of exec or attach: a channel, a length and the bytes.

package main

import (
	"bufio"
	"encoding/binary"
	"encoding/json"
	"io"
	"net"
	"sync"
	"time"
)

const (
	channelStdin     = 0
	channelStdout    = 1
	channelStderr    = 2
	channelStatus    = 3
	channelResize    = 4
	channelHalfClose = 255
	maxFrame         = 1 << 20
	pollIn           = 1
	pollError        = 8
	pollHangUp       = 16
)

type stream struct {
	conn  net.Conn
	mutex sync.Mutex
}

func (st *stream) write(channel byte, payload []byte) error {
	frame := make([]byte, 5+len(payload))
	frame[0] = channel
	binary.BigEndian.PutUint32(frame[1:5], uint32(len(payload)))
	copy(frame[5:], payload)
	st.mutex.Lock()
	defer st.mutex.Unlock()
	_, err := st.conn.Write(frame)
	return err
}

func (st *stream) status(code int, text string) {
	payload, _ := json.Marshal(struct {
		Code  int    `json:"code"`
		Error string `json:"error,omitempty"`
	}{code, text})
	st.write(channelStatus, payload)
}

// finish sends the final status of a stream; a client that takes it too slowly does not get it.
func (st *stream) finish(code int, text string) {
	st.conn.SetWriteDeadline(time.Now().Add(writePatience))
	st.status(code, text)
	st.leave()
}

// leave closes only our direction and lets the peer close its own: writes to a closed connection would fail, and take unread data
// with them. The reader of the stream closes it at the peer's end, or when that does not come in time.
func (st *stream) leave() {
	half, known := st.conn.(interface{ CloseWrite() error })
	if !known || half.CloseWrite() != nil {
		st.conn.Close()
		return
	}
	st.conn.SetReadDeadline(time.Now().Add(leavePatience))
}

// refuse runs outside the loop.
func (st *stream) refuse(text string) {
	guarded("stream", func() {
		st.finish(126, text)
		io.Copy(io.Discard, st.conn)
		st.conn.Close()
	})
}

// read calls `take` for every frame until the peer is gone.
func (st *stream) read(take func(channel byte, payload []byte)) {
	source := bufio.NewReader(st.conn)
	head := make([]byte, 5)
	for {
		if _, err := io.ReadFull(source, head); err != nil {
			return
		}
		size := binary.BigEndian.Uint32(head[1:])
		if size > maxFrame {
			return
		}
		payload := make([]byte, size)
		if _, err := io.ReadFull(source, payload); err != nil {
			return
		}
		take(head[0], payload)
	}
}
