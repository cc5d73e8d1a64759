/** The file with the position of the last build or update, in the folder of the app. */
export const BUILD = "build.json";
