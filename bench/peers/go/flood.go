// SPDX-License-Identifier: Apache-2.0

package main

func flood(p params) (result, error) {
	return timed(p["messages"], floodQueue, sumTo)
}

func floodQueue(messages int) int {
	q := newQueue()
	go func() {
		for i := 1; i <= messages; i++ {
			q.push(i)
		}
	}()
	sum, got := 0, 0
	var items []int
	for got < messages {
		items = q.popAll(items)
		for _, item := range items {
			sum += item
		}
		got += len(items)
	}
	return sum
}

// floodBounded: a buffered channel is Go's bounded queue (go.dev/doc/effective_go#channels).
func floodBounded(p params) (result, error) {
	work := func(messages int) int { return floodChannel(messages, p["window"]) }
	return timed(p["messages"], work, sumTo)
}

func floodChannel(messages, window int) int {
	c := make(chan int, window)
	go func() {
		for i := 1; i <= messages; i++ {
			c <- i
		}
		close(c)
	}()
	sum := 0
	for item := range c {
		sum += item
	}
	return sum
}
