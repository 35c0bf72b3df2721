%% SPDX-License-Identifier: Apache-2.0
%% The gen_server that idle_server weighs: it knows nothing and answers a ping.
-module(bench_idle_server).
-behaviour(gen_server).
-export([init/1, handle_call/3, handle_cast/2]).

init(none) -> {ok, none}.

handle_call(ping, _From, none) -> {reply, pong, none}.

handle_cast(_Message, none) -> {noreply, none}.
