/** Entry of the big screen; everything heavy is imported after the page has been laid out. */
export {};
