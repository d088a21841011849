package main

type chatCommands struct {
	Account chatAccountCommands `cmd:"" help:"Manage chat accounts, for sites without a sign-in of their own. A running server picks up changes within seconds."`
	Token   chatToken           `cmd:"" help:"Create a chat token signed with chat.token_key, as your site would: for bots and tests."`
	Export  chatExport          `cmd:"" help:"Export a room's messages, or everything stored about a user, as JSON lines."`
	Erase   chatErase           `cmd:"" help:"Erase a user: messages, names, addresses and account. Asks first on a terminal."`
	Prune   chatPrune           `cmd:"" help:"Delete messages older than chat.retention, as the server does every hour."`
}
