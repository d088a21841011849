package main

type chatCommands struct {
	Account chatAccountCommands `cmd:"" help:"Accounts of the chat, for sites without a sign-in of their own. A running server knows of changes within seconds."`
	Token   chatToken           `cmd:"" help:"Make a chat token as your site would, with chat.token_key: for bots and tests."`
	Export  chatExport          `cmd:"" help:"Write a room's messages, or all that is kept about one person, as JSON lines. Also while the server runs, as all of these."`
	Erase   chatErase           `cmd:"" help:"Erase one person: messages, names, addresses, account. On a terminal it asks first."`
	Prune   chatPrune           `cmd:"" help:"Delete what is older than chat.retention, as the server does every hour."`
}
