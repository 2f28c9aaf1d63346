/* cmd_topics - `beckon topics create|list`: the topics are made and looked at. */
#ifndef BECKON_CMD_TOPICS_H
#define BECKON_CMD_TOPICS_H

int cmd_topics(int argc, char **argv);

#endif
