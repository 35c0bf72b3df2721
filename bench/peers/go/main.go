// SPDX-License-Identifier: Apache-2.0

// bench runs one row of the benchmark table in Go: bench ROW SCHEDULERS NAME=VALUE...
package main

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"sort"
)

// A row takes its parameters by name and gives what it measured. goroutine and channel are Go's only form of a process
// and its mailbox, so a row stands for each id that it serves.
type row struct {
	params []string
	run    func(p params) (result, error)
}

var rows = map[string]row{
	"server_hop":    {[]string{"hops"}, hop},
	"process_hop":   {[]string{"hops"}, hop},
	"flood":         {[]string{"messages"}, flood},
	"flood_bounded": {[]string{"messages", "window"}, floodBounded},
	"fan_in":        {[]string{"senders", "messages"}, fanIn},
	"ring":          {[]string{"processes", "hops"}, ring},
	"spawn_exit":    {[]string{"lives", "at_once"}, spawnExit},
	"skynet":        {[]string{"leaves"}, skynet},
	"idle_process":  {[]string{"processes"}, idleProcess},
	"idle_cpu":      {[]string{"processes", "seconds"}, idleCPU},
	"timer":         {[]string{"timers"}, timer},
	"request":       {[]string{"requests"}, request},
}

func main() {
	err := bench(os.Args[1:])
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "bench:", err)
	var wrong argumentError
	if errors.As(err, &wrong) {
		os.Exit(2)
	}
	os.Exit(1)
}

func bench(args []string) error {
	switch {
	case len(args) == 1 && args[0] == "--rows":
		for _, id := range rowIDs() {
			fmt.Println(id)
		}
		return nil
	case len(args) == 1 && args[0] == "--version":
		fmt.Println(runtime.Version())
		return nil
	}
	command, err := parse(args)
	if err != nil {
		return err
	}
	runtime.GOMAXPROCS(command.schedulers)
	r, err := rows[command.row].run(command.params)
	if err != nil {
		return err
	}
	return r.print()
}

func rowIDs() []string {
	ids := make([]string, 0, len(rows))
	for id := range rows {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}
