// SPDX-License-Identifier: Apache-2.0

package main

import "sync"

// Capacity of the channel: the community has no fixed number, this one lets every sender run a while before it waits.
const fanInCapacity = 1024

// fanIn: all senders write to one buffered channel, closed when the last of them is done (go.dev/blog/pipelines,
// "Fan-out, fan-in").
func fanIn(p params) (result, error) {
	senders := p["senders"]
	if p["messages"]%senders != 0 {
		return result{}, badArgument("messages is %d, want a multiple of senders=%d", p["messages"], senders)
	}
	work := func(each int) int { return fanInChannel(senders, each) }
	want := func(each int) int { return senders * sumTo(each) }
	return timed(p["messages"]/senders, work, want)
}

func fanInChannel(senders, each int) int {
	c := make(chan int, fanInCapacity)
	var running sync.WaitGroup
	running.Add(senders)
	for s := 0; s < senders; s++ {
		go func() {
			defer running.Done()
			for i := 1; i <= each; i++ {
				c <- i
			}
		}()
	}
	go func() {
		running.Wait()
		close(c)
	}()
	sum := 0
	for item := range c {
		sum += item
	}
	return sum
}
