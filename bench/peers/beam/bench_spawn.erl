%% SPDX-License-Identifier: Apache-2.0
%% Processes that live for one message.
-module(bench_spawn).
-export([spawn_exit/1, skynet/1]).

-define(FAN_OUT, 10).

%% spawn_exit: one process for each answer, sent to the parent: the worker of "Getting Started with Erlang", "Processes"
%% (www.erlang.org/doc/getting_started/conc_prog.html).
spawn_exit(#{lives := Lives, at_once := AtOnce} = Values) ->
    bench_arguments:multiple(lives, at_once, Values),
    bench_measure:timed(Lives div AtOnce, fun(Batches) -> batches(0, Batches * AtOnce, AtOnce, 0) end,
                        fun(Batches) -> bench_measure:sum_to(Batches * AtOnce - 1) end).

batches(Lives, Lives, _AtOnce, Sum) ->
    Sum;
batches(First, Lives, AtOnce, Sum) ->
    start(First, First + AtOnce, self()),
    batches(First + AtOnce, Lives, AtOnce, sum(AtOnce, Sum)).

start(Number, Number, _Parent) ->
    ok;
start(Number, End, Parent) ->
    spawn(fun() -> Parent ! Number end),
    start(Number + 1, End, Parent).

sum(0, Sum) ->
    Sum;
sum(Left, Sum) ->
    receive Number -> sum(Left - 1, Sum + Number) end.

%% skynet: the form of the Erlang program of github.com/atemerev/skynet.
skynet(#{leaves := Leaves}) ->
    is_power_of_ten(Leaves) orelse bench_arguments:refuse("leaves is ~b, want a power of 10", [Leaves]),
    bench_measure:timed(Leaves, fun root/1, fun(Count) -> bench_measure:sum_to(Count - 1) end).

root(Leaves) ->
    Parent = self(),
    spawn(fun() -> tree(Parent, 0, Leaves) end),
    sum(1, 0).

tree(Parent, First, 1) ->
    Parent ! First;
tree(Parent, First, Leaves) ->
    Self = self(),
    Each = Leaves div ?FAN_OUT,
    [spawn(fun() -> tree(Self, First + Child * Each, Each) end) || Child <- lists:seq(0, ?FAN_OUT - 1)],
    Parent ! sum(?FAN_OUT, 0).

is_power_of_ten(1) -> true;
is_power_of_ten(Number) when Number rem 10 =:= 0 -> is_power_of_ten(Number div 10);
is_power_of_ten(_) -> false.
