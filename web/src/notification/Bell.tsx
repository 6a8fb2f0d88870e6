import { ActionIcon, Button, Popover } from "@mantine/core";
import { Link, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { BellIcon } from "@/ui/icons";
import { Moment } from "@/ui/Moment";
import classes from "./Bell.module.css";
import { useNotifications } from "./useNotifications";

/** What this person was told, with how much of it is unread; each leads to what it is about. */
export function Bell() {
  const { told, unread, read } = useNotifications();
  const [open, setOpen] = useState(false);
  const router = useRouter();
  const label = unread === 0 ? "Notifications" : `Notifications: ${unread.toLocaleString("en")} unread`;
  function follow(id: string, link: string) {
    setOpen(false);
    void read([id]);
    router.history.push(link);
  }
  return (
    <Popover opened={open} onChange={setOpen} position="bottom-end" width={340} withinPortal={false} trapFocus returnFocus>
      <Popover.Target>
        <ActionIcon
          variant="subtle"
          color="gray"
          size="lg"
          c="inherit"
          aria-label={label}
          title={label}
          onClick={() => setOpen(!open)}
        >
          <span className={classes["marked"]}>
            <BellIcon />
            {unread ? (
              <span className={classes["mark"]} aria-hidden="true">
                {unread > 99 ? "99+" : unread}
              </span>
            ) : null}
          </span>
        </ActionIcon>
      </Popover.Target>
      <Popover.Dropdown aria-label="Notifications" className={classes["list"] ?? ""}>
        {told.length === 0 ? <p className={classes["none"]}>Nothing was told to you yet.</p> : null}
        <ul>
          {told.map(({ id, subject, body, link, createdAt, readAt }) => (
            <li key={id}>
              <a
                href={link}
                className={classes["told"]}
                data-unread={readAt === null || readAt === undefined || undefined}
                onClick={(event) => {
                  event.preventDefault();
                  follow(id, link);
                }}
              >
                <strong>{subject}</strong>
                <span>{body}</span>
                <Moment at={createdAt} />
              </a>
            </li>
          ))}
        </ul>
        {unread > 0 ? (
          <Button variant="default" fullWidth onClick={() => void read()}>
            Mark all as read
          </Button>
        ) : null}
        <Link to="/notifications" className={classes["preferences"]} onClick={() => setOpen(false)}>
          Notification preferences
        </Link>
      </Popover.Dropdown>
    </Popover>
  );
}
