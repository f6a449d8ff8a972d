/** The version of this library; a test holds it to the one in package.json. */
export const libraryVersion = "0.1.0";
