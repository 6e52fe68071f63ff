# SPDX-FileCopyrightText: 2026 the wstwist authors
# SPDX-License-Identifier: MIT
"""Un programme, écrit comme dans WINDEV : toutes les fonctions du client."""

import sys
import time

from wstwist.wlanguage.fr import (
    ErreurInfo,
    ProtocoleTLS1_2,
    ProtocoleTLS1_3,
    SocketConnecte,
    SocketEcrit,
    SocketErreur,
    SocketExiste,
    SocketFerme,
    SocketFermeture,
    SocketLit,
    SocketMessage,
    SocketOuverture,
    WebSocketClientConnecte,
    WebSocketClientConnecteSSL,
)

nPort, nPortSSL = int(sys.argv[1]), int(sys.argv[2])

# On se connecte en mode SYNCHRONE                  SI WebSocketClientConnecte(...) ALORS
if WebSocketClientConnecte("wbsocket", "localhost", nPort, "Serveur"):
    print("Réponse du serveur :", SocketLit("wbsocket", True))
    if SocketEcrit("wbsocket", "Ann"):
        sMsg = SocketLit("wbsocket", True)
        print("Réponse du serveur :", sMsg)

# De même par SSL, avec tous les paramètres
if not WebSocketClientConnecteSSL(
    "ssl", "localhost", nPortSSL, "/Serveur", "", ProtocoleTLS1_2 + ProtocoleTLS1_3, 500
):
    print(ErreurInfo())
print("Par SSL :", SocketLit("ssl"))
SocketEcrit("ssl", b"\x00\xff" * 3)
print("Un buffer :", SocketLit("ssl", True, 0, 4), SocketLit("ssl", False, 100))
SocketEcrit("ssl", "Bob")
print("Bob lit :", SocketLit("ssl"))
print("Ann lit :", SocketLit("wbsocket", False, "5 s"))
print("Rien :", repr(SocketLit("ssl", False, 2)))
SocketEcrit("ssl", "liste")
print("Clients :", SocketLit("ssl"))


# On se connecte en mode ASYNCHRONE                 PROCÉDURE INTERNE WebSocketClientConnecte_Callback
def WebSocketClientConnecte_Callback(nEvénement: int, sMessage: str | bytes) -> None:
    if nEvénement == SocketOuverture:  # SELON nEvénement, CAS SocketOuverture
        SocketEcrit("client", "noms")
    elif nEvénement == SocketMessage:
        print("Réception d'un message serveur :", sMessage)
        if sMessage != "Bienvenue":
            SocketEcrit("client", "au revoir")
    elif nEvénement == SocketFermeture:
        print("Fermeture du socket", sMessage)
    elif nEvénement == SocketErreur:
        print("Erreur du socket", sMessage)


WebSocketClientConnecte("client", WebSocketClientConnecte_Callback, "localhost", nPort, "Serveur")
while SocketExiste("client"):
    time.sleep(0.01)

# Par une URL ; puis le serveur ferme tout
if SocketConnecte("url", f"ws://localhost:{nPort}/Serveur"):
    print("Par une URL :", SocketLit("url"))
print("SocketFerme :", SocketFerme("url"), SocketExiste("url"), SocketExiste("SSL"))
SocketEcrit("wbsocket", "tous dehors")
while SocketExiste("ssl"):
    SocketLit("ssl", False, 1)
if not SocketEcrit("ssl", "trop tard"):
    print(ErreurInfo())
if not WebSocketClientConnecte("rien", "localhost", nPort, "Rien"):
    print(ErreurInfo())
