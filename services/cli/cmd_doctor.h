/* cmd_doctor - `beckon doctor`: is the installation set up as the promises need it? */
#ifndef BECKON_CMD_DOCTOR_H
#define BECKON_CMD_DOCTOR_H

int cmd_doctor(int argc, char **argv);

#endif
