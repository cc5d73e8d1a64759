/** The name of the cookie that keeps a preview's token, so that no address has it. */
export const COOKIE = "copydesk-preview";
