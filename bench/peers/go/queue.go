// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

// A queue is unbounded, which no channel is. Go programs that need one guard a slice with a mutex, put a token into a
// channel of capacity one when the slice stops being empty, and let the receiver take the whole slice at once, as
// server/ipqueue.go of github.com/nats-io/nats-server does.
type queue struct {
	mu    sync.Mutex
	items []int
	ready chan struct{}
}

func newQueue() *queue {
	return &queue{ready: make(chan struct{}, 1)}
}

func (q *queue) push(item int) {
	q.mu.Lock()
	wasEmpty := len(q.items) == 0
	q.items = append(q.items, item)
	q.mu.Unlock()
	if wasEmpty {
		select {
		case q.ready <- struct{}{}:
		default:
		}
	}
}

// popAll gives all items once there are any, and leaves the emptied slice of an earlier call to be filled again.
func (q *queue) popAll(emptied []int) []int {
	<-q.ready
	q.mu.Lock()
	items := q.items
	q.items = emptied[:0]
	q.mu.Unlock()
	return items
}
