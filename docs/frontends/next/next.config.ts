import type { NextConfig } from "next";

const config: NextConfig = {
  transpilePackages: ["site"],
  // Paths are those of Copydesk, as they are.
  trailingSlash: false,
  poweredByHeader: false,
};

export default config;
