throw new Error("nothing imports this")
