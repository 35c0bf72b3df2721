// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"
	"strconv"
	"strings"
)

// An argumentError is a mistake of the caller, told apart from a failed row by its exit status.
type argumentError string

func (e argumentError) Error() string { return string(e) }

func badArgument(format string, args ...any) error {
	return argumentError(fmt.Sprintf(format, args...))
}

type params map[string]int

type command struct {
	row        string
	schedulers int
	params     params
}

// Large enough for any row, small enough for sums of 1..N to stay within an int.
const maxValue = 1_000_000_000

const maxSchedulers = 1024

func parse(args []string) (command, error) {
	if len(args) < 2 {
		return command{}, badArgument("got %d arguments, want ROW SCHEDULERS NAME=VALUE..., --rows or --version", len(args))
	}
	row, known := rows[args[0]]
	if !known {
		return command{}, badArgument("unknown row %q, want one of %s", args[0], strings.Join(rowIDs(), " "))
	}
	schedulers, err := number("SCHEDULERS", args[1], maxSchedulers)
	if err != nil {
		return command{}, err
	}
	values, err := parseParams(args[0], row.params, args[2:])
	return command{args[0], schedulers, values}, err
}

func parseParams(row string, wanted, given []string) (params, error) {
	values := params{}
	for _, arg := range given {
		name, text, _ := strings.Cut(arg, "=")
		if !contains(wanted, name) {
			return nil, badArgument("%s has no parameter %q, want %s", row, arg, strings.Join(wanted, " "))
		}
		if _, twice := values[name]; twice {
			return nil, badArgument("%s given twice, want each of %s once", name, strings.Join(wanted, " "))
		}
		value, err := number(name, text, maxValue)
		if err != nil {
			return nil, err
		}
		values[name] = value
	}
	for _, name := range wanted {
		if _, given := values[name]; !given {
			return nil, badArgument("%s lacks parameter %s, want %s", row, name, strings.Join(wanted, " "))
		}
	}
	return values, nil
}

func number(name, text string, max int) (int, error) {
	value, err := strconv.Atoi(text)
	if err != nil || value < 1 || value > max {
		return 0, badArgument("%s is %q, want a whole number from 1 to %d", name, text, max)
	}
	return value, nil
}

func contains(names []string, name string) bool {
	for _, n := range names {
		if n == name {
			return true
		}
	}
	return false
}
