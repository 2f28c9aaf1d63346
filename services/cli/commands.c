#include "commands.h"

#include "cmd_apikey.h"
#include "cmd_bounce.h"
#include "cmd_change.h"
#include "cmd_check.h"
#include "cmd_check_phone.h"
#include "cmd_dev.h"
#include "cmd_doctor.h"
#include "cmd_explain.h"
#include "cmd_forget.h"
#include "cmd_init.h"
#include "cmd_invite.h"
#include "cmd_keygen.h"
#include "cmd_list.h"
#include "cmd_manual.h"
#include "cmd_parked.h"
#include "cmd_pause.h"
#include "cmd_rebuild.h"
#include "cmd_receipt.h"
#include "cmd_render.h"
#include "cmd_replay.h"
#include "cmd_routes.h"
#include "cmd_seal.h"
#include "cmd_segments.h"
#include "cmd_settings.h"
#include "cmd_show.h"
#include "cmd_suppress.h"
#include "cmd_tail.h"
#include "cmd_template.h"
#include "cmd_token.h"
#include "cmd_top.h"
#include "cmd_topics.h"
#include "mem.h"

const struct command commands[] = {
	{ "dev", cmd_dev, "the whole fleet on this machine, with nothing to set up" },
	{ "invite", cmd_invite, "ask for people to be invited: addresses, or a CSV file" },
	{ "tail", cmd_tail, "show outcomes as they are told" },
	{ "list", cmd_list, "how invites stand: by status, person, batch; as a table or CSV" },
	{ "top", cmd_top, "what the fleet is doing now, look by look" },
	{ "routes", cmd_routes, "relays and SMS providers: open or closed, and their last error" },
	{ "show", cmd_show, "what became of an invite: its state, its history, and why" },
	{ "parked", cmd_parked, "what waits, why, and until when" },
	{ "resend", cmd_change, "invite again: a new message, a new link; the old one dies" },
	{ "release", cmd_change, "send what was held" },
	{ "cancel", cmd_change, "cancel an invite: its link is dead at once" },
	{ "send-now", cmd_change, "send what waits without waiting longer" },
	{ "resolve", cmd_change, "say whether a message of which nobody knows has arrived" },
	{ "accept", cmd_change, "tell that the person has accepted" },
	{ "decline", cmd_change, "tell that the person has declined" },
	{ "forget", cmd_forget, "erase what is personal of an invite" },
	{ "replay", cmd_replay, "ask again for what failed, once its cause is mended" },
	{ "pause", cmd_pause, "stop sending: everything, a tenant, a batch, a relay, a domain" },
	{ "resume", cmd_pause, "go on with what was paused" },
	{ "bounce", cmd_bounce, "take a mail that tells what became of another" },
	{ "suppress", cmd_suppress, "who is not to be written to, and changing it" },
	{ "settings", cmd_settings, "what tenants have settled, and changing it" },
	{ "apikey", cmd_apikey, "keys by which programs use the HTTP API" },
	{ "template", cmd_template, "templates: judge, look at, change, compare them" },
	{ "token", cmd_token, "what is a link of a message worth?" },
	{ "topics", cmd_topics, "make the topics of an installation, or list them" },
	{ "init", cmd_init, "begin a new installation, or draw its keys" },
	{ "rebuild", cmd_rebuild, "make Redis anew from the topics when it has lost its memory" },
	{ "keygen", cmd_keygen, "draw a pair of keys for sealed passwords" },
	{ "seal", cmd_seal, "seal a password for an event" },
	{ "doctor", cmd_doctor, "is the installation set up as the promises need it?" },
	{ "check-email", cmd_check_email,
	  "is this an e-mail address, and what is its normal form?" },
	{ "check-phone", cmd_check_phone,
	  "does this phone number get SMS, and what is its normal form?" },
	{ "segments", cmd_segments, "how long is this text as an SMS, and why?" },
	{ "check-event", cmd_check_event, "would this event be served?" },
	{ "check-receipt", cmd_check_receipt, "what does this call of a provider tell?" },
	{ "explain", cmd_explain, "what would become of this event now, rule by rule?" },
	{ "render", cmd_render, "what a template makes of variables" },
	{ "completion", cmd_completion, "what bash or zsh needs to complete commands and options" },
	{ "man", cmd_man, "a manual page: beckon man [COMMAND]" },
	{ "help", cmd_help, "this list, or the usage of one command: beckon help COMMAND" },
};
const size_t command_count = ARRAY_LEN(commands);
