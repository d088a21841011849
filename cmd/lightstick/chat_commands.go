package main

type chatCommands struct {
	Account chatAccountCommands `cmd:"" help:"Accounts of the chat, for sites without a sign-in of their own. A running server knows of changes within seconds."`
	Token   chatToken           `cmd:"" help:"Make a chat token as your site would, with chat.token_key: for bots and tests."`
}
