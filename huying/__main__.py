from huying.commands.main import main

main()
