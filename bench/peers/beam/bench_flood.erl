%% SPDX-License-Identifier: Apache-2.0
%% Many messages to one receiver. A mailbox is unbounded; where no credit keeps it short it lies off the receiver's heap, as
%% the manual advises for a process that may get many messages
%% (www.erlang.org/doc/man/erlang.html#process_flag_message_queue_data).
-module(bench_flood).
-export([unbounded/1, bounded/1, fan_in/1]).

unbounded(#{messages := Messages}) ->
    bench_measure:timed(Messages, fun flood/1, fun bench_measure:sum_to/1).

flood(Messages) ->
    Receiver = start_receiver(fun() -> sum(Messages, 0) end, off_heap),
    send_all(1, Messages, Receiver),
    await_sum(Receiver).

%% The BEAM has no bounded mailbox: its programs let the receiver grant credit, half of the window at a time, as
%% credit_flow of RabbitMQ does (deps/rabbit_common/src/credit_flow.erl in github.com/rabbitmq/rabbitmq-server).
bounded(#{messages := Messages, window := Window}) ->
    bench_measure:timed(Messages, fun(Count) -> flood_bounded(Count, Window) end, fun bench_measure:sum_to/1).

flood_bounded(Messages, Window) ->
    Sender = self(),
    Grant = max(1, Window div 2),
    Receiver = start_receiver(fun() -> sum_and_grant(Messages, 0, Sender, Grant, Grant) end, on_heap),
    send_with_credit(1, Messages, Receiver, Window),
    Sum = await_sum(Receiver),
    drop_credit(),
    Sum.

fan_in(#{senders := Senders, messages := Messages} = Values) ->
    bench_arguments:multiple(messages, senders, Values),
    bench_measure:timed(Messages div Senders, fun(Each) -> fan_in(Senders, Each) end,
                        fun(Each) -> Senders * bench_measure:sum_to(Each) end).

fan_in(Senders, Each) ->
    Receiver = start_receiver(fun() -> sum(Senders * Each, 0) end, off_heap),
    [spawn_link(fun() -> send_all(1, Each, Receiver) end) || _ <- lists:seq(1, Senders)],
    await_sum(Receiver).

start_receiver(Sum, QueueData) ->
    Parent = self(),
    spawn_opt(fun() -> Parent ! {sum, self(), Sum()} end, [link, {message_queue_data, QueueData}]).

await_sum(Receiver) ->
    receive {sum, Receiver, Sum} -> Sum end.

sum(0, Sum) ->
    Sum;
sum(Left, Sum) ->
    receive Number -> sum(Left - 1, Sum + Number) end.

sum_and_grant(0, Sum, _Sender, _Grant, _UntilGrant) ->
    Sum;
sum_and_grant(Left, Sum, Sender, Grant, 0) ->
    Sender ! {credit, Grant},
    sum_and_grant(Left, Sum, Sender, Grant, Grant);
sum_and_grant(Left, Sum, Sender, Grant, UntilGrant) ->
    receive Number -> sum_and_grant(Left - 1, Sum + Number, Sender, Grant, UntilGrant - 1) end.

send_all(Number, Last, _Receiver) when Number > Last ->
    ok;
send_all(Number, Last, Receiver) ->
    Receiver ! Number,
    send_all(Number + 1, Last, Receiver).

send_with_credit(Number, Last, _Receiver, _Credit) when Number > Last ->
    ok;
send_with_credit(Number, Last, Receiver, 0) ->
    receive {credit, More} -> send_with_credit(Number, Last, Receiver, More) end;
send_with_credit(Number, Last, Receiver, Credit) ->
    Receiver ! Number,
    send_with_credit(Number + 1, Last, Receiver, Credit - 1).

%% Credit that the last numbers have left unused would be taken for that of the next flood.
drop_credit() ->
    receive {credit, _} -> drop_credit()
    after 0 -> ok
    end.
